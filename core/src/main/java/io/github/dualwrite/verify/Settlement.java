package io.github.dualwrite.verify;

import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.PermanentFailure;
import io.github.dualwrite.spi.WithheldException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides of single keys whether they are equal, different or in flight. One look, as {@code ShadowReads} has it:
 *
 * <ol>
 *   <li>Read the authority, and what the follower remembers of the versions that it applied.
 *   <li>Ask which keys are pending. What the authority gave for the others has reached the follower (DW-1).
 *   <li>Read the follower, then the authority once more, and compare these two. Equal: matching.
 *   <li>Not equal, but pending in step 2, or the authority's record has changed since step 1, or pending now, or the follower has applied a
 *       version since step 1: written meanwhile, so another look later. The last of these shows a record that was changed and changed back
 *       while it was looked at. There is a bounded number of looks; a key that has had all is in flight.
 *   <li>Not equal, and the follower has failed to tell what it has applied: another look too, for this may be such a record. After the last
 *       one the key is undecided. A follower that tells for good that it cannot is believed without.
 *   <li>Otherwise the difference is real. What the follower remembers of the key names the cause.
 * </ol>
 *
 * <p>Nothing is decided by what a scan read. A key that a store cannot be asked for keeps no other from being compared. Used by one thread.
 */
final class Settlement<K, V> {

    /** How many keys are read at once. */
    private static final int CHUNK = 200;

    private record Read<K, R>(Map<K, R> records, Map<K, String> unreadable) {

        private List<K> readable(Collection<K> keys) {
            return keys.stream().filter(this::knows).toList();
        }

        private boolean knows(K key) {
            return !unreadable.containsKey(key);
        }
    }

    private final VerificationParts<K, V> parts;
    private final VerificationSettings<K, V> settings;
    private final RecordComparator<? super V> comparator;
    private final RunControl control;
    private final Tally<K> tally;
    private final Consumer<Finding<K>> onFinding;
    private boolean parkedUnknown;

    /** Whether all attempts to ask for applied versions have failed: then there is one in each look, until one succeeds. */
    private boolean versionsFailed;

    Settlement(
            VerificationParts<K, V> parts,
            VerificationSettings<K, V> settings,
            RecordComparator<? super V> comparator,
            RunControl control,
            Tally<K> tally,
            Consumer<Finding<K>> onFinding) {
        this.parts = parts;
        this.settings = settings;
        this.comparator = comparator;
        this.control = control;
        this.tally = tally;
        this.onFinding = onFinding;
    }

    void settle(List<K> keys) throws InterruptedException {
        List<K> open = keys;
        Map<K, String> untold = new HashMap<>(); // why a key would be decided if the follower told its version
        for (int look = 0; !open.isEmpty(); look++) {
            List<K> unsettled = new ArrayList<>();
            for (int from = 0; from < open.size(); from += CHUNK) {
                if (control.over()) {
                    List<K> rest = open.subList(from, open.size());
                    if (look == 0) {
                        tally.undecided(rest.size());
                        tally.notCovered(
                                "time budget: " + rest.size() + " keys of buckets that differ were not looked at");
                    } else {
                        unsettled.addAll(rest);
                    }
                    if (!unsettled.isEmpty()) {
                        tally.notCovered("time budget: " + unsettled.size()
                                + " keys in flight were not looked at as often as they might have been");
                    }
                    unsettled(unsettled, untold);
                    return;
                }
                List<K> chunk = open.subList(from, Math.min(from + CHUNK, open.size()));
                unsettled.addAll(look(chunk, untold));
                control.pay(2L * chunk.size());
            }
            if (look >= settings.rechecks) {
                unsettled(unsettled, untold);
                return;
            }
            if (!unsettled.isEmpty()) {
                control.sleep(settings.recheckDelay);
            }
            open = unsettled;
        }
    }

    /**
     * Returns the keys that have not settled.
     *
     * @param untold those of them that have not for want of applied versions alone, and why these are not known
     */
    private List<K> look(List<K> keys, Map<K, String> untold) throws InterruptedException {
        keys.forEach(untold::remove);
        // 1.
        Read<K, V> before = readAuthority(keys);
        List<K> readable = before.readable(keys);
        Map<K, String> failed = new HashMap<>();
        Read<K, AppliedVersion> appliedBefore = applied(readable, failed);
        // 2.
        Read<K, Boolean> pendingBefore = pending(readable);
        // 3.
        Read<K, V> follower = readFollower(keys);
        Read<K, V> authority = readAuthority(keys);
        Map<K, Set<String>> unequal = new HashMap<>();
        for (K key : keys) {
            if (decidable(key, authority, follower, pendingBefore)) {
                compare(key, authority.records().get(key), follower.records().get(key), unequal);
            }
        }
        if (unequal.isEmpty()) {
            return List.of();
        }
        // 4.
        List<K> keysOfUnequal = List.copyOf(unequal.keySet());
        Read<K, Boolean> pending = pending(keysOfUnequal);
        Read<K, AppliedVersion> applied = applied(
                keysOfUnequal.stream().filter(key -> !failed.containsKey(key)).toList(), failed);
        List<K> unsettled = new ArrayList<>();
        List<K> settled = new ArrayList<>();
        for (K key : keysOfUnequal) {
            boolean moving = pendingBefore.records().containsKey(key)
                    || pending.records().containsKey(key)
                    || pending.unreadable().containsKey(key)
                    || before.unreadable().containsKey(key)
                    || changed(before.records().get(key), authority.records().get(key))
                    || (applied.knows(key)
                            && appliedBefore.knows(key)
                            && !Objects.equals(
                                    appliedBefore.records().get(key),
                                    applied.records().get(key)));
            String reason = failed.get(key);
            if (!moving && reason != null) {
                untold.put(key, reason);
            }
            (moving || reason != null ? unsettled : settled).add(key);
        }
        // 5.
        for (K key : settled) {
            found(key, authority.records().get(key), follower.records().get(key), unequal.get(key), applied);
        }
        return unsettled;
    }

    private void compare(K key, @Nullable V ours, @Nullable V theirs, Map<K, Set<String>> unequal) {
        if (ours == null || theirs == null) {
            if (ours == theirs) {
                tally.matching(1); // gone on both
            } else {
                unequal.put(key, Set.of());
            }
            return;
        }
        try {
            Set<String> fields = comparator.differingFields(ours, theirs);
            if (fields.isEmpty()) {
                tally.matching(1);
            } else {
                unequal.put(key, fields);
            }
        } catch (RuntimeException e) { // an application's code
            undecided(
                    Side.AUTHORITY,
                    key,
                    "the comparator failed with " + e.getClass().getName());
        }
    }

    private boolean changed(@Nullable V before, @Nullable V now) {
        if (before == null || now == null) {
            return before != now;
        }
        try {
            return !comparator.differingFields(before, now).isEmpty();
        } catch (RuntimeException e) { // an application's code; it will be asked again
            return true;
        }
    }

    private boolean decidable(K key, Read<K, V> authority, Read<K, V> follower, Read<K, Boolean> pending) {
        String reason = authority.unreadable().get(key);
        Side side = Side.AUTHORITY;
        if (reason == null) {
            reason = pending.unreadable().get(key);
        }
        if (reason == null) {
            reason = follower.unreadable().get(key);
            side = Side.FOLLOWER;
        }
        if (reason != null) {
            undecided(side, key, reason);
        }
        return reason == null;
    }

    private void undecided(Side side, K key, String reason) {
        tally.undecided(new Unreadable(side, shown(key), reason));
    }

    /** Messages of stores and mappings name keys. */
    private String reason(RuntimeException e) {
        return settings.keyPrivacy == KeyPrivacy.PLAIN
                ? WithheldException.message(e)
                : WithheldException.root(e).getClass().getName();
    }

    private Object shown(K key) {
        return settings.keyPrivacy.shown(parts.events().repository(), key);
    }

    private void found(
            K key,
            @Nullable V ours,
            @Nullable V theirs,
            @Nullable Set<String> fields,
            Read<K, AppliedVersion> applied) {
        Difference difference =
                theirs == null ? Difference.MISSING : ours == null ? Difference.EXTRA : Difference.DIFFERENT;
        Cause cause =
                applied.knows(key) ? Cause.of(difference, applied.records().get(key)) : Cause.UNKNOWN;
        add(key, difference, fields == null ? Set.of() : fields, cause, ours, theirs);
    }

    private void add(
            K key, Difference difference, Set<String> fields, Cause cause, @Nullable V ours, @Nullable V theirs) {
        boolean plain = settings.keyPrivacy == KeyPrivacy.PLAIN;
        Finding<K> finding = new Finding<>(
                key,
                shown(key),
                difference,
                fields,
                cause,
                settings.showValues && ours != null ? ours.toString() : null,
                settings.showValues && theirs != null ? theirs.toString() : null,
                plain && !tally.full() ? lookup(key) : "");
        tally.found(finding);
        onFinding.accept(finding);
    }

    private String lookup(K key) {
        try {
            return parts.authority().lookup(key) + "; " + parts.follower().lookup(key);
        } catch (RuntimeException e) { // of a mapping; this is an explanation only
            return parts.authority().description() + "; " + parts.follower().description() + ", key " + key;
        }
    }

    private void unsettled(List<K> keys, Map<K, String> untold) throws InterruptedException {
        for (K key : keys) {
            String reason = untold.get(key);
            if (reason == null) {
                add(key, Difference.IN_FLIGHT, Set.of(), parked(key) ? Cause.PARKED : Cause.UNKNOWN, null, null);
            } else {
                undecided(Side.FOLLOWER, key, reason);
            }
        }
    }

    /** Only of keys that are kept in the report: it is a call for each. */
    private boolean parked(K key) throws InterruptedException {
        if (tally.full() || parkedUnknown) {
            return false;
        }
        try {
            return control.retrying(
                    () -> "asking whether a key is parked",
                    () -> parts.authority().queue().findParked(key).isPresent());
        } catch (RuntimeException e) { // what is known of the key is told all the same
            tally.notCovered("which keys in flight are parked: " + reason(e));
            parkedUnknown = true;
            return false;
        }
    }

    private Read<K, Boolean> pending(List<K> keys) throws InterruptedException {
        return read(keys, "reading what is pending", some -> {
            Map<K, Boolean> pending = new HashMap<>();
            parts.authority().queue().pendingAmong(some).forEach(key -> pending.put(key, true));
            return pending;
        });
    }

    /**
     * Of what it does not know nothing can be told.
     *
     * @param failed gets the keys for which the follower did not answer, which it may do later, with the reason
     */
    private Read<K, AppliedVersion> applied(List<K> keys, Map<K, String> failed) throws InterruptedException {
        AppliedVersions<K> versions = parts.follower().appliedVersions().orElse(null);
        if (versions == null || keys.isEmpty()) {
            return unknown(keys);
        }
        try {
            Read<K, AppliedVersion> told = read(
                    keys,
                    "reading applied versions of the follower",
                    versionsFailed ? 1 : settings.attempts,
                    some -> parts.guard().await(parts.guard().call(() -> versions.of(some), r -> null)));
            versionsFailed = false;
            return told;
        } catch (VerificationException e) { // the others can be compared
            versionsFailed = true;
            keys.forEach(key -> failed.put(key, reason(e)));
            return unknown(keys);
        }
    }

    private static <K> Read<K, AppliedVersion> unknown(List<K> keys) {
        return new Read<>(Map.of(), keys.stream().collect(Collectors.toMap(key -> key, key -> "not known")));
    }

    private Read<K, V> readAuthority(List<K> keys) throws InterruptedException {
        return read(
                keys, "reading keys of the authority", some -> parts.authority().readAll(some));
    }

    private Read<K, V> readFollower(List<K> keys) throws InterruptedException {
        return read(
                keys,
                "reading keys of the follower",
                some -> parts.guard()
                        .await(parts.guard().call(() -> parts.follower().readAll(some), r -> null)));
    }

    @FunctionalInterface
    private interface Reader<K, R> {
        Map<K, R> read(List<K> keys) throws Exception;
    }

    private <R> Read<K, R> read(List<K> keys, String what, Reader<K, R> reader) throws InterruptedException {
        return read(keys, what, settings.attempts, reader);
    }

    /** A key that cannot be read must not keep the others from being compared. */
    private <R> Read<K, R> read(List<K> keys, String what, int attempts, Reader<K, R> reader)
            throws InterruptedException {
        if (keys.isEmpty()) {
            return new Read<>(Map.of(), Map.of());
        }
        try {
            return new Read<>(control.retrying(() -> what, attempts, () -> reader.read(keys)), Map.of());
        } catch (RuntimeException e) {
            if (!(e instanceof PermanentFailure)) {
                throw e;
            }
        }
        Map<K, R> records = new HashMap<>();
        Map<K, String> unreadable = new HashMap<>();
        for (K key : keys) {
            try {
                records.putAll(control.retrying(() -> what, attempts, () -> reader.read(List.of(key))));
            } catch (RuntimeException e) {
                if (!(e instanceof PermanentFailure)) {
                    throw e;
                }
                unreadable.put(key, reason(e));
            }
        }
        return new Read<>(records, unreadable);
    }
}
