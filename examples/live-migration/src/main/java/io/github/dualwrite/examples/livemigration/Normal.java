package io.github.dualwrite.examples.livemigration;

import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Texts that are equal if, and only if, what they stand for is. */
final class Normal {

    private Normal() {}

    /** A floating point number, however it was written. */
    static String number(String text) {
        return Double.toString(Double.parseDouble(text));
    }

    /** A list; each element comes with its length, so that no element can look like two. */
    static String list(@Nullable Object[] elements) {
        StringJoiner list = new StringJoiner(", ", "[", "]");
        for (@Nullable Object element : elements) {
            list.add(element == null ? "null" : element.toString().length() + ":" + element);
        }
        return list.toString();
    }
}
