package io.github.dualwrite.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the keys of some buckets that differ. A key is held until the other side has it too; then it is forgotten if both hashes are
 * equal. What is left at the end is only a suspicion: stores change while they are read. Safe for use by many threads.
 */
final class KeyMatch<K> {

    private final int limit;
    private final Map<K, RecordDigest.Hash> authority = new HashMap<>();
    private final Map<K, RecordDigest.Hash> follower = new HashMap<>();
    private final Set<K> unequal = new HashSet<>();
    private long equal;
    private int most;
    private boolean overflown;

    KeyMatch(int limit) {
        this.limit = limit;
    }

    synchronized void add(Side side, Map<K, RecordDigest.Hash> page) {
        if (overflown) {
            return;
        }
        Map<K, RecordDigest.Hash> ours = side == Side.AUTHORITY ? authority : follower;
        Map<K, RecordDigest.Hash> theirs = side == Side.AUTHORITY ? follower : authority;
        page.forEach((key, hash) -> {
            RecordDigest.Hash other = theirs.remove(key);
            if (other == null) {
                ours.put(key, hash);
            } else if (other.equals(hash)) {
                equal++;
            } else {
                unequal.add(key);
            }
        });
        int held = authority.size() + follower.size() + unequal.size();
        most = Math.max(most, held);
        if (held > limit) {
            overflown = true;
            authority.clear();
            follower.clear();
            unequal.clear();
        }
    }

    /** Whether the stores grew so much meanwhile that this was given up. */
    synchronized boolean overflown() {
        return overflown;
    }

    synchronized long equal() {
        return equal;
    }

    synchronized int most() {
        return most;
    }

    /** The keys that were not the same on both sides. */
    synchronized List<K> suspects() {
        Set<K> all = new HashSet<>(unequal);
        all.addAll(authority.keySet());
        all.addAll(follower.keySet());
        return new ArrayList<>(all);
    }
}
