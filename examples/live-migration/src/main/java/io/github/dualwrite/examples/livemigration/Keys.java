package io.github.dualwrite.examples.livemigration;

import java.util.UUID;

/** Keys of customers. Each writer has keys that nobody else writes, and all share some hot ones. */
final class Keys {

    /** How many keys each writer has for itself. */
    static final int OWN = 1500;

    /** How many keys all writers fight for. */
    static final int SHARED = 60;

    private static final int SHARED_OWNER = 0;
    private static final int ARCHIVE_OWNER = 0x10000;
    private static final int STRANGER_OWNER = 0x20000;

    private Keys() {}

    /** A key that only this writer writes. */
    static UUID own(int owner, int number) {
        return key(owner, number);
    }

    /** A key that every writer writes. */
    static UUID shared(int number) {
        return key(SHARED_OWNER, number);
    }

    /** A key that no writer writes. */
    static UUID archived(int number) {
        return key(ARCHIVE_OWNER, number);
    }

    /** A key under which PostgreSQL has no record, ever. */
    static UUID stranger(int number) {
        return key(STRANGER_OWNER, number);
    }

    private static UUID key(int owner, int number) {
        return new UUID(((long) owner << 32) | 0x4000L, 0x8000000000000000L | number);
    }
}
