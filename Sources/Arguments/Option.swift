/// One named option of a command.
package struct Option: Sendable {
    /// What the option takes.
    package enum Kind: Sendable, Equatable {
        /// Present or absent.
        case flag
        /// One value, shown in the usage as `<placeholder>`; given twice, the last counts.
        case value(placeholder: String)
        /// Any number of values.
        case values(placeholder: String)
    }

    /// The long name without dashes.
    package let name: String
    package let kind: Kind
    /// One line for `--help`.
    package let help: String
    /// The value when the option is absent, as it would be typed.
    package let fallback: String?
    /// An environment variable that stands in for an absent option.
    package let environment: String?

    package static func flag(_ name: String, _ help: String) -> Option {
        Option(name: name, kind: .flag, help: help, fallback: nil, environment: nil)
    }

    package static func value(
        _ name: String, _ placeholder: String, _ help: String, default fallback: String? = nil,
        environment: String? = nil
    ) -> Option {
        Option(
            name: name, kind: .value(placeholder: placeholder), help: help, fallback: fallback,
            environment: environment)
    }

    package static func values(_ name: String, _ placeholder: String, _ help: String) -> Option {
        Option(name: name, kind: .values(placeholder: placeholder), help: help, fallback: nil, environment: nil)
    }

    /// `--name <placeholder>`.
    var usage: String {
        switch kind {
        case .flag: "--\(name)"
        case .value(let placeholder), .values(let placeholder): "--\(name) <\(placeholder)>"
        }
    }
}

/// One positional argument of a command.
package struct Positional: Sendable {
    package let name: String
    package let help: String
    /// False for `[name]`.
    package let isRequired: Bool
    /// True for `name...`, which takes all that is left.
    package let isRepeated: Bool

    package init(_ name: String, _ help: String, isRequired: Bool = true, isRepeated: Bool = false) {
        (self.name, self.help) = (name, help)
        (self.isRequired, self.isRepeated) = (isRequired, isRepeated)
    }

    var usage: String {
        let dotted = isRepeated ? name + "..." : name
        return isRequired ? "<\(dotted)>" : "[<\(dotted)>]"
    }
}
