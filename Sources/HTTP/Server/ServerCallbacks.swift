import CMicrohttpd

/// The C functions that libmicrohttpd calls from its own threads.
///
/// They live in a type of their own because a closure written in a main-actor context would trap there.
enum ServerCallbacks {
    static let access: MHD_AccessHandlerCallback = {
        context, connection, path, method, _, upload, uploadSize, slot in
        guard let context, let connection, let uploadSize, let slot else { return .NO }
        if let state = slot.pointee {
            let exchange = Unmanaged<Exchange>.fromOpaque(state).takeUnretainedValue()
            let count = uploadSize.pointee
            if count == 0 { return exchange.proceed() }
            uploadSize.pointee = 0
            return exchange.receive(UnsafeRawBufferPointer(start: upload, count: count))
        }
        let server = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
        let record = cairn_mhd_socket_context(connection).map {
            Unmanaged<Traffic.Connection>.fromOpaque($0).takeUnretainedValue()
        }
        let handle = ConnectionHandle(pointer: connection, record: record)
        let exchange = Exchange(
            server: server, connection: handle, request: handle.request(method: method, path: path))
        slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return exchange.begin()
    }

    static let completed: MHD_RequestCompletedCallback = { _, _, slot, _ in
        guard let slot, let state = slot.pointee else { return }
        slot.pointee = nil
        Unmanaged<Exchange>.fromOpaque(state).takeRetainedValue().completed()
    }

    static let connected: MHD_NotifyConnectionCallback = { context, connection, slot, code in
        guard let context, let connection, let slot else { return }
        let traffic = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue().traffic
        if code == .CONNECTION_NOTIFY_STARTED {
            let record = Traffic.Connection(descriptor: cairn_mhd_descriptor(connection))
            traffic.add(record)
            slot.pointee = Unmanaged.passRetained(record).toOpaque()
        } else if let state = slot.pointee {
            slot.pointee = nil
            traffic.remove(Unmanaged<Traffic.Connection>.fromOpaque(state).takeRetainedValue())
        }
    }

    static let collectHeader: MHD_KeyValueIterator = { target, _, name, value in
        guard let request = target?.assumingMemoryBound(to: HTTPRequest.self), let name else { return .NO }
        request.pointee.headers.append(String(cString: name), value.map { String(cString: $0) } ?? "")
        return .YES
    }

    static let collectArgument: MHD_KeyValueIterator = { target, _, name, value in
        guard let request = target?.assumingMemoryBound(to: HTTPRequest.self), let name else { return .NO }
        request.pointee.query.append((String(cString: name), value.map { String(cString: $0) } ?? ""))
        return .YES
    }
}
