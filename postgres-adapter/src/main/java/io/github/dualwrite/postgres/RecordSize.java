package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.RecordShape;
import java.lang.reflect.Array;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * About how many bytes a record takes: what its texts, bytes, lists, maps and records inside come to. Of other classes nothing is known
 * that would not have to be read out of their private fields. Nor is anything of what fails when it is read.
 *
 * @param bytes what is known
 * @param whole whether that is all
 */
record RecordSize(long bytes, boolean whole) {

    /** About what a value without a length, or the frame of others, takes. */
    static final int SMALL = 8;

    private static final int DEEPEST = 30; // a record may hold itself, by way of a list

    /** Then no other list, map or record is looked into: such a record may hold itself many times over. */
    private static final int MOST_VALUES = 100_000;

    static RecordSize of(@Nullable Object value) {
        Walk walk = new Walk();
        try {
            walk.add(value, 0);
        } catch (RuntimeException | AssertionError | StackOverflowError e) { // a class of its own
            walk.whole = false;
        }
        return new RecordSize(walk.bytes, walk.whole);
    }

    private static final class Walk {
        private long bytes;
        private boolean whole = true;
        private int values;

        void add(@Nullable Object value, int depth) {
            if (value == null) {
                return;
            }
            values++;
            if (value instanceof CharSequence text) {
                bytes += text.length();
            } else if (value instanceof byte[] some) {
                bytes += some.length;
            } else if (!holdsOthers(value)) {
                bytes += value.getClass().isArray() ? (long) SMALL * Array.getLength(value) : SMALL;
                whole &= value.getClass().isArray()
                        || value instanceof Enum
                        || value.getClass().getName().startsWith("java.");
            } else if (depth == DEEPEST || values > MOST_VALUES) {
                bytes += SMALL;
                whole = false;
            } else {
                inside(value, depth + 1);
            }
        }

        private static boolean holdsOthers(Object value) {
            return value instanceof Collection<?>
                    || value instanceof Map<?, ?>
                    || value instanceof Optional<?>
                    || value instanceof Object[]
                    || value instanceof Record;
        }

        private void inside(Object value, int depth) {
            if (value instanceof Collection<?> some) {
                some.forEach(one -> add(one, depth));
            } else if (value instanceof Map<?, ?> some) {
                some.forEach((key, one) -> {
                    add(key, depth);
                    add(one, depth);
                });
            } else if (value instanceof Optional<?> some) {
                add(some.orElse(null), depth);
            } else if (value instanceof Object[] some) {
                for (Object one : some) {
                    add(one, depth);
                }
            } else {
                components(value, depth);
            }
        }

        private void components(Object record, int depth) {
            bytes += SMALL;
            RecordShape<?> shape;
            try {
                shape = RecordShape.of(record.getClass());
            } catch (IllegalArgumentException e) { // closed to reflection
                whole = false;
                return;
            }
            for (RecordShape.Component component : shape.components()) {
                try {
                    add(component.valueIn(record), depth);
                } catch (RuntimeException | AssertionError | StackOverflowError e) { // an accessor of its own
                    whole = false;
                }
            }
        }
    }
}
