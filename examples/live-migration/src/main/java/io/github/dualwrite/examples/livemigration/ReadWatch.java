package io.github.dualwrite.examples.livemigration;

import java.util.Collection;
import java.util.UUID;
import java.util.function.Supplier;

/** Watches reads, each on the thread that makes it. */
interface ReadWatch {

    /** Does not look. */
    ReadWatch NONE = new ReadWatch() {
        @Override
        public <T> T during(Collection<UUID> keys, Supplier<T> read) {
            return read.get();
        }
    };

    /** Makes a read of these keys and gives its answer. */
    <T> T during(Collection<UUID> keys, Supplier<T> read);
}
