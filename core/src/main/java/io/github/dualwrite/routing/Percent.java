package io.github.dualwrite.routing;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A percentage from 0 to 100 in steps of 0.0001.
 *
 * @param millionths the same as a number of millionths
 */
public record Percent(int millionths) {

    private static final int ALL = 1_000_000;
    private static final Pattern TEXT = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.[0-9]{1,4})?%");

    static final Percent NONE = new Percent(0);

    /**
     * A percentage.
     *
     * @throws IllegalArgumentException if it is not from 0 to 100 in steps of 0.0001
     */
    public static Percent of(double percent) {
        if (!(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("a percentage must be from 0 to 100, not " + percent);
        }
        BigDecimal millionths = BigDecimal.valueOf(percent).movePointRight(4);
        if (millionths.stripTrailingZeros().scale() > 0) {
            throw new IllegalArgumentException("a percentage goes in steps of 0.0001, not " + percent);
        }
        return new Percent(millionths.intValueExact());
    }

    /** Empty if the text is not a percentage from 0% to 100%. */
    static Optional<Percent> parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            return Optional.empty();
        }
        int millionths = new BigDecimal(text.substring(0, text.length() - 1))
                .movePointRight(4)
                .intValueExact();
        return millionths <= ALL ? Optional.of(new Percent(millionths)) : Optional.empty();
    }

    boolean none() {
        return millionths == 0;
    }

    /** Whether it is 100 %. */
    public boolean all() {
        return millionths == ALL;
    }

    /** Whether a {@linkplain KeyHash hash} is in; one that is in stays in at every higher percentage. */
    public boolean contains(long hash) {
        return ((hash >>> 32) * ALL) >>> 32 < millionths;
    }

    /** As a number of hundredths. */
    public double value() {
        return millionths / 10_000.0;
    }

    @Override
    public String toString() {
        return BigDecimal.valueOf(millionths, 4).stripTrailingZeros().toPlainString() + "%";
    }
}
