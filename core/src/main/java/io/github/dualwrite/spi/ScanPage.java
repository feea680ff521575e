package io.github.dualwrite.spi;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one call of {@link RecordScan#page} read. Immutable if the values are.
 *
 * @param records the records that could be read
 * @param unreadable those that are there and could not be made into a record
 * @param bytes about how many bytes were read, for rate limits and progress
 * @param next where the next page begins, or {@code null} at the end of the split
 */
public record ScanPage<K, V>(
        List<Scanned<K, V>> records,
        List<Unreadable> unreadable,
        long bytes,
        @Nullable String next) {

    /** Copies the lists. */
    public ScanPage {
        records = List.copyOf(records);
        unreadable = List.copyOf(unreadable);
    }

    /** Whether the split ends here. */
    public boolean last() {
        return next == null;
    }

    /**
     * A record as it was found. {@link #toString()} shows the key alone.
     *
     * @param key its key
     * @param value the record
     */
    public record Scanned<K, V>(K key, V value) {

        /** Refuses {@code null}. */
        public Scanned {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(value, "value");
        }

        @Override
        public String toString() {
            return "record " + key;
        }
    }

    /**
     * A stored record that this mapping cannot read.
     *
     * @param key its key as text
     * @param reason why, without values
     */
    public record Unreadable(String key, String reason) {}
}
