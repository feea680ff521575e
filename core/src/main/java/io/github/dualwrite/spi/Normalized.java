package io.github.dualwrite.spi;

/**
 * A value that can be written in several ways, of which stores may give back another one. It is compared as a whole, by {@code equals}, also
 * if it is a Java record, and counts in digests by its {@link #normalForm}.
 */
public interface Normalized {

    /** One text for all values that are equal, and another one for every other value. */
    String normalForm();
}
