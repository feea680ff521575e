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
    private final Set<String> uncertain = ConcurrentHashMap.newKeySet();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    /** Remembers a write; two of one key must not have the same version. */
    void acknowledged(WriteResult<String, Sample> result) {
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

    /** The highest version of each key so far. */
    Map<String, Long> versions() {
        Map<String, Long> versions = new HashMap<>();
        entries.forEach((key, entry) -> versions.put(key, entry.version()));
        return versions;
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
