JOIN typed_as AS t ON t.number = o.typed_as
JOIN receipt AS r ON r.number = o.receipt
