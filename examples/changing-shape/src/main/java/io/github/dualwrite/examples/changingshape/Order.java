package io.github.dualwrite.examples.changingshape;

import java.math.BigDecimal;

/** An order of a customer: one row of a third table, one item beside the customer's. */
public record Order(long customerId, long orderId, BigDecimal total, String currency) {

    /** The key: the customer's part comes first, because it is the partition. */
    public record Key(long customerId, long orderId) {}

    Key key() {
        return new Key(customerId, orderId);
    }
}
