package io.github.dualwrite.testkit;

import io.github.dualwrite.WriteResult;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What the writers were told: the state of each key at its highest version. Safe for use by many threads. */
final class Ledger {

    private record Entry(long version, Optional<Sample> state) {}

    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private final Map<String, Long> formerLegs = new ConcurrentHashMap<>();
    private final Set<String> uncertain = ConcurrentHashMap.newKeySet();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    /** The other store becomes the authority: versions go on where this one leaves off. */
    void nextLeg() {
        entries.forEach((key, entry) -> formerLegs.put(key, entry.version()));
    }

    /** Remembers a write; two of one key must not have the same version, and none one that is not above those of former legs. */
    void acknowledged(WriteResult<String, Sample> result) {
        long former = formerLegs.getOrDefault(result.key(), Long.MIN_VALUE);
        if (result.version() <= former) {
            failures.add("a write of key " + result.key() + " got version " + result.version() + " after version "
                    + former + " on the other store");
        }
        Entry written = new Entry(result.version(), result.value());
        entries.merge(result.key(), written, (before, now) -> {
            if (before.version() == now.version()) {
                failures.add("two writes of key " + result.key() + " got version " + now.version());
            }
            return before.version() > now.version() ? before : now;
        });
    }

    /** A write may have been committed or not: what the authority holds counts. */
    void uncertain(String key) {
        uncertain.add(key);
    }

    Queue<String> failures() {
        return failures;
    }

    /** What both stores must hold. */
    Map<String, Sample> records(Map<String, Sample> onAuthority) {
        Map<String, Sample> records = new HashMap<>();
        entries.forEach((key, entry) -> entry.state().ifPresent(sample -> records.put(key, sample)));
        for (String key : uncertain) {
            records.remove(key);
            Optional.ofNullable(onAuthority.get(key)).ifPresent(sample -> records.put(key, sample));
        }
        uncertain.clear();
        return records;
    }
}
