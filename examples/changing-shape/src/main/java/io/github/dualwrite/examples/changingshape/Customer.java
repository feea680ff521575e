package io.github.dualwrite.examples.changingshape;

import java.time.LocalDate;
import java.util.List;

/** A customer with its addresses: two tables, one document. */
public record Customer(long id, String name, LocalDate born, List<Address> addresses) {

    /** Copies the list. */
    public Customer {
        addresses = List.copyOf(addresses);
    }

    /** One of a customer's addresses, told from the others by its kind. */
    public record Address(String kind, String street, String city) {}
}
