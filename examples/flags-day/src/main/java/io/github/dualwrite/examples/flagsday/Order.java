package io.github.dualwrite.examples.flagsday;

import java.math.BigDecimal;

/** An order of a shop: a row of the table {@code orders}, on both sides. */
public record Order(long id, String status, BigDecimal total, String note) {}
