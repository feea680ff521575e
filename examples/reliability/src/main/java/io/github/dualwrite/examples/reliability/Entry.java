package io.github.dualwrite.examples.reliability;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * What is written: several columns and a sum over all of them, so that a record that is half of one write and half of another
 * shows.
 *
 * @param tag names the one write that made this state
 */
record Entry(String id, String tag, String partA, String partB, BigDecimal amount, long checksum) {

    /** The tag of records that were there before dual writes began. */
    static final String OLD = "old";

    /** Stands for a record that is not there. */
    static final String ABSENT = "-";

    /** So long that DynamoDB takes no item of it. */
    static final int TOO_LARGE = 420_000;

    /** A state that nobody else writes; the sum fits. */
    static Entry of(String id, String tag, SplittableRandom random) {
        return of(id, tag, random, 10 + random.nextInt(120));
    }

    /** The same, with a part of a given length. */
    static Entry of(String id, String tag, SplittableRandom random, int length) {
        String partA = Long.toHexString(random.nextLong());
        String partB = Character.toString('a' + random.nextInt(26)).repeat(length);
        BigDecimal amount = BigDecimal.valueOf(random.nextLong(1_000_000), 2);
        return new Entry(id, tag, partA, partB, amount, sum(id, tag, partA, partB, amount));
    }

    /** Whether all its columns are of one write. */
    boolean intact() {
        return checksum == sum(id, tag, partA, partB, amount);
    }

    boolean tooLarge() {
        return partB.length() >= TOO_LARGE;
    }

    private static long sum(String id, String tag, String partA, String partB, BigDecimal amount) {
        CRC32 crc = new CRC32();
        crc.update(
                String.join("|", id, tag, partA, partB, amount.toPlainString()).getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }
}
