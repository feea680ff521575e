package io.github.dualwrite.spi;

/**
 * Implemented by errors of which it is known that no message in their chain of causes carries a value of a record: they are passed on and
 * logged as they are. Of all others only class and stack trace are shown, see {@link WithheldException}.
 *
 * <p>An exception that a mapping of your own throws may implement it, if its message names fields and never values.
 */
public interface ValueFree {}
