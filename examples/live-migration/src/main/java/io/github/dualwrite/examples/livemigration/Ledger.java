package io.github.dualwrite.examples.livemigration;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one writer was told: the base of the check that no acknowledged write is lost. The counts may be read by any thread, the
 * rest only when the writer has stopped.
 */
final class Ledger implements Journal {

    /** What is known of one key. */
    private static final class Entry {
        private long revision = NOTHING;
        private long version;
        /** Not acknowledged, but possibly committed: the writer died, or got an error, before it knew. */
        private final Set<Long> possible = new HashSet<>();
    }

    private final Map<UUID, Entry> entries = new HashMap<>();
    private final List<String> complaints = new ArrayList<>();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong staleReads = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private long highest;

    /** These keys had records of this revision before the writer began. */
    void existing(Collection<UUID> keys, long atRevision) {
        keys.forEach(key -> entry(key).revision = atRevision);
        highest = Math.max(highest, atRevision);
    }

    @Override
    public void intended(UUID key, long revision) {
        entry(key).possible.add(revision);
        highest = Math.max(highest, revision);
    }

    @Override
    public void acknowledged(UUID key, long revision, long version) {
        Entry entry = entry(key);
        entry.revision = revision;
        entry.version = version;
        entry.possible.clear();
        writes.incrementAndGet();
    }

    @Override
    public void acknowledgedShared(int count) {
        writes.addAndGet(count);
    }

    @Override
    public void read() {
        reads.incrementAndGet();
    }

    @Override
    public void staleRead(UUID key) {
        staleReads.incrementAndGet();
        complain("stale read of " + key);
    }

    @Override
    public void failed(String call, Throwable error) {
        failures.incrementAndGet();
        complain(call + " threw " + error);
    }

    private void complain(String text) {
        synchronized (complaints) {
            if (complaints.size() < 5) {
                complaints.add(text);
            }
        }
    }

    private Entry entry(UUID key) {
        return entries.computeIfAbsent(key, k -> new Entry());
    }

    long writes() {
        return writes.get();
    }

    long reads() {
        return reads.get();
    }

    long staleReads() {
        return staleReads.get();
    }

    long failures() {
        return failures.get();
    }

    /** The first few things that went wrong. */
    List<String> complaints() {
        synchronized (complaints) {
            return List.copyOf(complaints);
        }
    }

    /** The highest revision that was ever used. */
    long highestRevision() {
        return highest;
    }

    /**
     * The keys whose last acknowledged write is not what PostgreSQL holds, nor a later one whose answer never came.
     *
     * @param revisions by key; a key that is missing has no record
     */
    List<UUID> lost(Map<String, Long> revisions) {
        List<UUID> lost = new ArrayList<>();
        entries.forEach((key, entry) -> {
            long stored = revisions.getOrDefault(key.toString(), NOTHING);
            if (stored != entry.revision && !entry.possible.contains(stored)) {
                lost.add(key);
            }
        });
        return lost;
    }

    /** The keys of which DynamoDB holds an older version than the last one that was acknowledged. */
    List<UUID> behind(Map<String, Long> versions) {
        List<UUID> behind = new ArrayList<>();
        entries.forEach((key, entry) -> {
            if (versions.getOrDefault(key.toString(), 0L) < entry.version) {
                behind.add(key);
            }
        });
        return behind;
    }
}
