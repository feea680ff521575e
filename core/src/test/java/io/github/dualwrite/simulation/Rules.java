package io.github.dualwrite.simulation;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.backfill.BackfillException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.ScanPage.Scanned;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.verify.VerificationReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The guarantees, as checks of what really happened. The first one that is broken ends the schedule. */
final class Rules {

    private final World world;
    private final Map<String, Integer> onFollower = new HashMap<>();
    private final Map<String, Long> appliedVersion = new HashMap<>();
    private final Map<String, Integer> before = new HashMap<>();
    private final Set<String> copied = new HashSet<>();
    private final Set<String> damaged = new HashSet<>();
    private final Set<String> everDamaged = new HashSet<>();
    private final List<Watch> watches = new ArrayList<>();
    private final Map<String, Instance> parkedBy = new HashMap<>();
    private final Set<String> parkedReported = new HashSet<>();
    private final Set<Throwable> ofTheAuthority = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Sample> refused = new HashSet<>();
    private @Nullable Violation violation;

    Rules(World world) {
        this.world = world;
    }

    void broken(String rule, String text, @Nullable Throwable cause) {
        if (violation == null) {
            violation = new Violation(rule, text, cause);
            world.trace.line(world.loop.now(), "BROKEN ", rule, ": ", text);
            world.loop.end();
        }
    }

    @Override
    public String toString() {
        return onFollower + " " + appliedVersion;
    }

    @Nullable
    Violation violation() {
        return violation;
    }

    /** A record that was there before dual writes began: whether it is on the follower is up to the backfill. */
    void existedBefore(String key, int state) {
        before.put(key, state);
    }

    /** A person changed the follower's record behind everybody's back. */
    void damaged(String key) {
        damaged.add(key);
        everDamaged.add(key);
        moved(List.of(key));
        watches.forEach(watch -> watch.mayDiffer(key));
    }

    boolean everDamaged() {
        return !everDamaged.isEmpty();
    }

    private boolean notCopied(String key) {
        return before.containsKey(key) && !copied.contains(key) && !appliedVersion.containsKey(key);
    }

    /** A version of these keys is new, or one side has changed. */
    void moved(Collection<? extends String> keys) {
        watches.forEach(watch -> watch.moved(keys));
    }

    /** DW-1 at every instruction: what is committed is on the follower, or something newer is, or the key is pending. */
    void afterEffect(String what) {
        if (!world.settings.checksAlways) {
            return;
        }
        Set<String> behind = null;
        for (String key : world.keys) {
            if (onFollower.getOrDefault(key, 0) < world.history.latest(key)
                    && before.getOrDefault(key, 0) < world.history.latest(key)) {
                behind = behind == null ? new HashSet<>() : behind;
                behind.add(key);
            }
        }
        if (behind != null) {
            Set<String> pending = world.truth.queue().pendingAmong(behind);
            for (String key : behind) {
                if (!pending.contains(key)) {
                    broken(
                            "DW-1",
                            "after " + what + " state " + world.history.latest(key) + " of " + key
                                    + " is neither on the follower nor pending",
                            null);
                }
            }
        }
    }

    /** DW-2: an apply takes effect only if the follower's version is lower, and never brings back an older state. */
    void applied(VersionedRecord<String, Sample> written, ApplyResult result) {
        if (result.status() != ApplyResult.Status.APPLIED) {
            return;
        }
        String key = written.key();
        int state = world.history.stateOf(written);
        int before = onFollower.getOrDefault(key, 0);
        Long versionBefore = appliedVersion.put(key, written.version());
        if (versionBefore != null && versionBefore >= written.version()) {
            broken("DW-2", written + " took effect after version " + versionBefore, null);
        }
        if (state < before) {
            broken("DW-2", written + " brought state " + state + " back after state " + before, null);
        }
        onFollower.put(key, state);
        damaged.remove(key);
        moved(List.of(key));
    }

    /** DW-2 for a baseline: it takes effect only where nothing is, and is a state that the authority has had. */
    void stored(Scanned<String, Sample> found, ApplyResult result) {
        String key = found.key();
        if (world.history.stateOf(key, Optional.of(found.value())) == History.NEVER) {
            broken("DW-2", "a baseline that nobody committed: " + found.value(), null);
        }
        if (result.status() == ApplyResult.Status.APPLIED) {
            Long version = appliedVersion.get(key);
            if (version != null) {
                broken("DW-2", "a baseline of " + key + " took effect over version " + version, null);
            }
            damaged.remove(key);
            moved(List.of(key));
            world.saw("baseline stored");
        } else if (result.onFollower() && appliedVersion.containsKey(key)) {
            world.saw("baseline superseded by a version");
        }
        if (result.onFollower()) {
            copied.add(key);
        }
    }

    /** DW-7: a backfill that says it is complete has left nothing out of what was there before. */
    void backfilled() {
        for (String key : before.keySet()) {
            if (notCopied(key) && world.history.latest(key) == before.getOrDefault(key, 0)) {
                broken("DW-7", "the backfill is complete, and " + key + " was never stored", null);
            }
        }
    }

    /** What a verification that begins now must find, and what it may find. */
    Watch watch() {
        Map<String, Sample> truth = world.truth.readAll(world.keys);
        Map<String, Sample> copy = world.followerTruth.readAll(world.keys).join();
        Set<String> pending = world.truth.queue().pendingAmong(world.keys);
        Watch watch = new Watch();
        for (String key : world.keys) {
            if (!pending.contains(key) && !Objects.equals(truth.get(key), copy.get(key))) {
                watch.mustDiffer(key);
            }
            if (damaged.contains(key) || notCopied(key)) {
                watch.mayDiffer(key);
            }
        }
        watches.add(watch);
        return watch;
    }

    /** A verification gives no false alarm, and does not say that all is well while it is not. */
    void verified(Watch watch, VerificationReport<String> report) {
        watches.remove(watch);
        watch.falseAlarm(report)
                .ifPresent(key -> broken("verification", "a false alarm on " + key + ": " + report.findings(), null));
        watch.overlooked(report)
                .ifPresent(key -> broken("verification", "does not see that " + key + " differs: " + report, null));
    }

    /** A result is true: if it says that the follower has the write, then it has. And what is not there is an event (DW-6). */
    void acknowledged(Instance to, WriteResult<String, Sample> result) {
        int state = world.history.stateOf(new VersionedRecord<>(
                result.key(), result.version(), result.value().orElse(null)));
        if (state == History.NEVER) {
            broken("DW-1", "acknowledged and never committed: " + result, null);
        }
        if (result.secondaryApplied() && onFollower.getOrDefault(result.key(), 0) < state) {
            broken("DW-6", "said to be on the follower, and it is not: " + result, null);
        }
        world.history.acknowledged(to, result.key(), state);
        to.witness.acknowledged(result);
    }

    /** The authority has thrown this at its caller. */
    void ofTheAuthority(Throwable failure) {
        ofTheAuthority.add(failure);
    }

    /** DW-1: whoever is told that a write has failed, and not that its outcome is unknown, will never find it. */
    void failed(List<Sample> values, RuntimeException error) {
        if (error instanceof DualWriteException && !(error instanceof OutcomeUnknownException)) {
            refused.addAll(values);
            values.stream().filter(world.history::wasCommitted).forEach(this::committed);
        }
    }

    /** A record is on the authority. */
    void committed(Sample value) {
        if (refused.contains(value)) {
            broken("DW-1", "its writer was told that it is not written, and it is: " + value, null);
        }
    }

    /** DW-4: only the authority's own errors reach a caller, and the follower costs it no more than the bound. */
    void ended(String what, @Nullable RuntimeException error, long waited, long bound) {
        if (error != null && !isOfTheAuthority(error) && !mayNotFallBack(what, error)) {
            broken("DW-4", what + " ended with what the authority has not thrown: " + error, error);
        }
        if (waited > bound) {
            broken("DW-4", what + " waited " + waited / 1_000_000 + " ms for the follower", null);
        }
    }

    /** A job tells of the authority's error as the cause of its own. */
    private boolean isOfTheAuthority(RuntimeException error) {
        Throwable cause = error.getCause();
        return ofTheAuthority.contains(error)
                || (error instanceof BackfillException && cause != null && ofTheAuthority.contains(cause));
    }

    /** A route without fallback is a choice of the application: then it hears of the follower's failures. */
    private boolean mayNotFallBack(String what, RuntimeException error) {
        boolean allowed = world.fallbackWasOff()
                && what.startsWith("read")
                && error instanceof TransientStoreException failed
                && failed.context().store().equals(SimFollower.DESCRIPTION)
                && String.valueOf(failed.getMessage()).contains("allows no fallback");
        if (allowed) {
            world.saw("read fails without fallback");
        }
        return allowed;
    }

    /** DW-5. */
    void read(Instance reader, String key, Optional<Sample> answer, int required) {
        int state = world.history.stateOf(key, answer);
        int oldest = Math.max(required, before.getOrDefault(key, 0));
        if (state < oldest && !everDamaged.contains(key)) {
            broken(
                    "DW-5",
                    reader + " read state " + state + " of " + key + " (" + answer + ") after state " + oldest
                            + " was acknowledged",
                    null);
        }
    }

    void parked(String key, Instance by) {
        parkedBy.put(key, by);
        parkedReported.remove(key);
    }

    void parkedIsReported(String key) {
        parkedReported.add(key);
    }

    /** DW-6: whatever is parked was reported, unless the process died before it could. */
    void parkedWereReported() {
        world.truth.queue().parked(0, 100).forEach(parked -> {
            Instance by = parkedBy.get(parked.key());
            if (by != null && !by.dead() && !parkedReported.contains(parked.key())) {
                broken("DW-6", by + " parked " + parked.key() + " without an event", null);
            }
        });
    }

    /** DW-6: when all is drained nothing is parked but what the follower rejects. */
    void parkedWereRejected() {
        world.truth.queue().parked(0, 100).forEach(parked -> {
            Sample value = world.truth.read(parked.key()).orElse(null);
            if (value == null || !world.faults.rejects(value)) {
                broken("DW-6", "parked although the follower would take it: " + parked + " " + value, null);
            }
        });
    }

    /** DW-3, and with it DW-1 in the end: both stores are equal, and nothing is pending. */
    void converged(List<String> keys) {
        Map<String, Sample> truth = world.truth.readAll(keys);
        Map<String, Sample> copy = world.followerTruth.readAll(keys).join();
        for (String key : keys) {
            if (!Objects.equals(truth.get(key), copy.get(key))) {
                broken(
                        "DW-3",
                        "after the drain the authority has " + truth.get(key) + " and the follower " + copy.get(key),
                        null);
            }
        }
        Set<String> pending = world.truth.queue().pendingAmong(keys);
        if (!pending.isEmpty()) {
            broken("DW-3", "still pending after the drain: " + pending, null);
        }
    }
}
