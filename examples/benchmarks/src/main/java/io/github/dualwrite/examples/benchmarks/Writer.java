package io.github.dualwrite.examples.benchmarks;

/** A way to write a record to both stores. Called by many threads. */
interface Writer extends AutoCloseable {

    /**
     * Writes a record.
     *
     * @param revision greater than that of all earlier writes of the key
     */
    void write(Item item, long revision);

    /** Ends what it has started. */
    @Override
    default void close() {}
}
