package io.github.dualwrite.examples.changingshape;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * An order in one item of its customer's collection: two columns are joined in one attribute.
 *
 * <pre>{@code
 * PK CUSTOMER#42   SK ORDER#7   amount "12.50 EUR"
 * }</pre>
 */
final class OrderItems extends Items<Order.Key, Order> {

    @Override
    public Map<String, AttributeValue> key(Order.Key key) {
        return key(key.customerId(), ORDER + key.orderId());
    }

    @Override
    public Optional<Function<Map<String, AttributeValue>, Order.Key>> keyReader() {
        return Optional.of(key -> new Order.Key(number(key, "PK", CUSTOMER), number(key, "SK", ORDER)));
    }

    @Override
    String sortKeyPrefix() {
        return ORDER;
    }

    @Override
    public Map<String, AttributeValue> item(Order order) {
        return with(key(order.key()), Map.of("amount", text(order.total().toPlainString() + " " + order.currency())));
    }

    @Override
    public Order value(Map<String, AttributeValue> item) {
        String[] amount = required(item, "amount").s().split(" ", 2);
        return new Order(number(item, "PK", CUSTOMER), number(item, "SK", ORDER), new BigDecimal(amount[0]), amount[1]);
    }
}
