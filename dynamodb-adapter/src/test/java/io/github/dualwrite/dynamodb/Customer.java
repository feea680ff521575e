package io.github.dualwrite.dynamodb;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record as applications have it. */
record Customer(String id, String name, @Nullable BigDecimal creditLimit, List<@Nullable String> tags) {

    static Customer of(String id, String name) {
        return new Customer(id, name, new BigDecimal("10.50"), List.of("a", "b"));
    }
}
