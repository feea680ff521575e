package io.github.dualwrite.routing;

import java.util.UUID;

/**
 * A 64-bit hash of a key's {@linkplain KeyText text}, mixed with the repository's name: FNV-1a over the UTF-16 code units, then
 * the finalizer of MurmurHash3. The same in every process and release: changing it would send other keys to the secondary.
 * Whole numbers and UUIDs are hashed without making their text.
 */
public final class KeyHash {

    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private KeyHash() {}

    /**
     * The hash of a key.
     *
     * @throws IllegalArgumentException if the key is of a type without a stable text
     */
    public static long of(String repository, Object key) {
        // String.hashCode is specified, and kept by the string
        long seed = OFFSET ^ mix(repository.hashCode());
        if (key instanceof String text) {
            return mix(text(seed, text));
        }
        if (key instanceof Long || key instanceof Integer || key instanceof Short || key instanceof Byte) {
            return mix(number(seed, ((Number) key).longValue()));
        }
        if (key instanceof UUID uuid) {
            return mix(uuid(seed, uuid));
        }
        return mix(text(seed, KeyText.of(key)));
    }

    private static long text(long seed, String text) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = add(hash, text.charAt(i));
        }
        return hash;
    }

    private static long number(long seed, long number) {
        if (number == Long.MIN_VALUE) { // has no positive
            return text(seed, Long.toString(number));
        }
        long hash = number < 0 ? add(seed, '-') : seed;
        long rest = Math.abs(number);
        long low = 0; // the last 16 digits, four bits each, the last digit lowest
        long high = 0;
        int digits = 0;
        do {
            if (digits < 16) {
                low |= (rest % 10) << (4 * digits);
            } else {
                high |= (rest % 10) << (4 * (digits - 16));
            }
            rest /= 10;
            digits++;
        } while (rest != 0);
        for (int i = digits - 1; i >= 0; i--) {
            long digit = i < 16 ? low >>> (4 * i) : high >>> (4 * (i - 16));
            hash = add(hash, (int) ('0' + (digit & 15)));
        }
        return hash;
    }

    private static long uuid(long seed, UUID uuid) {
        long most = uuid.getMostSignificantBits();
        long least = uuid.getLeastSignificantBits();
        long hash = add(digits(seed, most, 60, 32), '-');
        hash = add(digits(hash, most, 28, 16), '-');
        hash = add(digits(hash, most, 12, 0), '-');
        hash = add(digits(hash, least, 60, 48), '-');
        return digits(hash, least, 44, 0);
    }

    /** The hexadecimal digits of some bits, from one shift down to another. */
    private static long digits(long seed, long bits, int from, int to) {
        long hash = seed;
        for (int shift = from; shift >= to; shift -= 4) {
            int digit = (int) (bits >>> shift) & 15;
            hash = add(hash, digit + '0' + (((9 - digit) >> 31) & ('a' - '0' - 10)));
        }
        return hash;
    }

    private static long add(long hash, int codeUnit) {
        return (hash ^ codeUnit) * PRIME;
    }

    private static long mix(long hash) {
        long h = hash;
        h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL;
        h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return h ^ (h >>> 33);
    }
}
