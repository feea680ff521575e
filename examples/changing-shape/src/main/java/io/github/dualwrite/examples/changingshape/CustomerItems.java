package io.github.dualwrite.examples.changingshape;

import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A customer in one item: {@code full_name} is renamed, {@code born} is split, the rows of {@code address} are a list of documents.
 *
 * <pre>{@code
 * PK CUSTOMER#42   SK PROFILE   displayName "Ada"   birthYear 1815   birthDay "12-10"   addresses [{kind, street, city}, …]
 * }</pre>
 */
final class CustomerItems extends Items<Long, Customer> {

    @Override
    public Map<String, AttributeValue> key(Long key) {
        return key(key, PROFILE);
    }

    @Override
    public Optional<Function<Map<String, AttributeValue>, Long>> keyReader() {
        return Optional.of(key -> number(key, "PK", CUSTOMER));
    }

    @Override
    public Optional<Set<String>> ownedAttributes() {
        return Optional.of(Set.of("displayName", "birthYear", "birthDay", "addresses"));
    }

    @Override
    String sortKeyPrefix() {
        return PROFILE;
    }

    @Override
    public Map<String, AttributeValue> item(Customer customer) {
        return with(
                key(customer.id()),
                Map.of(
                        "displayName", text(customer.name()),
                        "birthYear",
                                AttributeValue.fromN(
                                        Integer.toString(customer.born().getYear())),
                        "birthDay",
                                text("%02d-%02d"
                                        .formatted(
                                                customer.born().getMonthValue(),
                                                customer.born().getDayOfMonth())),
                        "addresses",
                                AttributeValue.fromL(customer.addresses().stream()
                                        .map(CustomerItems::document)
                                        .toList())));
    }

    private static AttributeValue document(Customer.Address address) {
        return AttributeValue.fromM(
                Map.of("kind", text(address.kind()), "street", text(address.street()), "city", text(address.city())));
    }

    @Override
    public Customer value(Map<String, AttributeValue> item) {
        String[] day = required(item, "birthDay").s().split("-", 2);
        return new Customer(
                number(item, "PK", CUSTOMER),
                required(item, "displayName").s(),
                LocalDate.of(
                        Integer.parseInt(required(item, "birthYear").n()),
                        Integer.parseInt(day[0]),
                        Integer.parseInt(day[1])),
                required(item, "addresses").l().stream()
                        .map(AttributeValue::m)
                        .map(m -> new Customer.Address(
                                required(m, "kind").s(),
                                required(m, "street").s(),
                                required(m, "city").s()))
                        .toList());
    }
}
