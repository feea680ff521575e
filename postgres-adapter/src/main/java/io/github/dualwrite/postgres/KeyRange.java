package io.github.dualwrite.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a split: above one key, up to and with another, each as the texts of its columns in the order of the scan.
 *
 * @param above {@code null} if it is open at the bottom
 * @param upTo {@code null} if it is open at the top
 */
record KeyRange(@Nullable List<String> above, @Nullable List<String> upTo) {

    /** All keys. */
    static final KeyRange ALL = new KeyRange(null, null);

    boolean all() {
        return above == null && upTo == null;
    }

    /** As one text: the order in which it is meant, then both keys one after the other, with nulls for one that is not there. */
    String text(KeyOrder order) {
        int columns = order.columns().size();
        List<@Nullable String> texts = new ArrayList<>();
        texts.add(order.text());
        for (int i = 0; i < columns; i++) {
            texts.add(above == null ? null : above.get(i));
        }
        for (int i = 0; i < columns; i++) {
            texts.add(upTo == null ? null : upTo.get(i));
        }
        return TextList.write(texts);
    }

    /**
     * The order in which the range of a text is meant.
     *
     * @throws IllegalArgumentException if it is no range
     */
    static String order(String text) {
        List<@Nullable String> texts = TextList.read(text);
        String order = texts.size() % 2 == 0 ? null : texts.get(0);
        if (order == null) {
            throw new IllegalArgumentException("'" + text + "' does not say in which order it is meant");
        }
        return order;
    }

    /**
     * The range of a text.
     *
     * @throws IllegalArgumentException if it is no range over so many columns
     */
    static KeyRange of(String text, int columns) {
        List<@Nullable String> texts = TextList.read(text);
        if (texts.size() != 1 + 2 * columns) {
            throw new IllegalArgumentException("'" + text + "' is no range over " + columns + " columns");
        }
        return new KeyRange(bound(texts.subList(1, 1 + columns)), bound(texts.subList(1 + columns, 1 + 2 * columns)));
    }

    /**
     * The key of a position.
     *
     * @throws IllegalArgumentException if it is no key of so many columns
     */
    static List<String> position(String text, int columns) {
        List<String> key = bound(TextList.read(text));
        if (key == null || key.size() != columns) {
            throw new IllegalArgumentException("'" + text + "' is no key of " + columns + " columns");
        }
        return key;
    }

    private static @Nullable List<String> bound(List<@Nullable String> texts) {
        if (texts.stream().allMatch(Objects::isNull)) {
            return null;
        }
        List<String> bound = new ArrayList<>();
        for (String text : texts) {
            if (text == null) {
                throw new IllegalArgumentException("a bound lacks a column");
            }
            bound.add(text);
        }
        return bound;
    }
}
