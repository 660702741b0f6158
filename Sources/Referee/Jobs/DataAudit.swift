/// Checks a data set's commitment: the event, the calldata and the contract's storage must tell the same.
package enum DataAudit {
    package static func findings(_ record: DataRecord) -> [Finding] {
        var check = Comparison(subject: .data, place: record.place)
        check.equal(record.holder, record.sender, "the holder did not send the commitment")
        if let called = record.called {
            check.equal(record.root, called.root, "the root is not the one that was sent")
            check.equal(record.rows, called.rows, "the rows are not those that were sent")
            check.equal(record.schema, called.schema, "the schema is not the one that was sent")
        }
        if let stored = record.stored {
            check.equal(stored.holder, record.holder, "the stored holder is another")
            check.equal(stored.root, record.root, "the stored root is another")
            check.equal(stored.rows, record.rows, "the stored rows are others")
            check.equal(stored.schema, record.schema, "the stored schema is another")
        } else {
            check.fail("the commitment is not stored")
        }
        return check.findings
    }
}
