package io.github.dualwrite.examples.watched;

/** An order. */
record Order(long id, String item, int count) {}
