package io.github.dualwrite.simulation;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage.Scanned;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The follower as a process sees it: at the other end of a wire. Nobody waits for it here. */
final class SimFollower implements Follower<String, Sample> {

    static final String DESCRIPTION = "simulated follower";

    private static final long PATIENCE_OF_A_SCAN = 300_000_000;

    private final Instance instance;
    private final World world;
    private final Follower<String, Sample> inner;
    private boolean checked;

    SimFollower(Instance instance, Follower<String, Sample> inner) {
        this.instance = instance;
        this.world = instance.world;
        this.inner = inner;
    }

    @Override
    public String description() {
        return DESCRIPTION;
    }

    /** Not before the check, which a builder would leave to threads of the JVM. */
    @Override
    public boolean mayBlock() {
        return checked && world.settings.followerMayBlock;
    }

    @Override
    public CompletableFuture<Void> check() {
        checked = true;
        return CompletableFuture.completedFuture(null);
    }

    private <T> CompletableFuture<T> call(
            Operation operation, String what, Collection<?> about, Fate fate, Supplier<T> effect) {
        return world.wire.send(
                instance,
                Step.Touch.FOLLOWER,
                what,
                about,
                fate,
                () -> new TransientStoreException(
                        new DualWriteException.Context(World.REPOSITORY, operation, description(), List.of()),
                        "fails by the follower's fault",
                        null),
                effect);
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
        Fate fate = world.faults.follower();
        return call(Operation.APPLY, "apply", records, fate, () -> applyEach(records));
    }

    private List<ApplyResult> applyEach(List<VersionedRecord<String, Sample>> records) {
        List<ApplyResult> results = new ArrayList<>();
        for (VersionedRecord<String, Sample> written : records) {
            Sample value = written.value();
            if (value != null && world.faults.rejects(value)) {
                results.add(ApplyResult.permanentFailure("rejected by the follower", null));
            } else if (world.faults.recordFails()) {
                if (world.choices.once(2)) {
                    applyOne(written);
                }
                results.add(ApplyResult.transientFailure("fails by the follower's fault", null));
            } else {
                results.add(applyOne(written));
            }
        }
        return results;
    }

    private ApplyResult applyOne(VersionedRecord<String, Sample> written) {
        ApplyResult result = inner.apply(List.of(written)).join().get(0);
        world.rules.applied(written, result);
        return result;
    }

    @Override
    public Optional<Baseline<String, Sample>> baseline() {
        return inner.baseline().map(baseline -> records -> {
            Fate fate = world.faults.follower();
            return call(Operation.APPLY, "store", records, fate, () -> storeEach(baseline, records));
        });
    }

    private List<ApplyResult> storeEach(Baseline<String, Sample> baseline, List<Scanned<String, Sample>> records) {
        List<ApplyResult> results = new ArrayList<>();
        for (Scanned<String, Sample> found : records) {
            if (world.faults.rejects(found.value())) {
                results.add(ApplyResult.permanentFailure("rejected by the follower", null));
            } else if (world.faults.recordFails()) {
                if (world.choices.once(2)) {
                    storeOne(baseline, found);
                }
                results.add(ApplyResult.transientFailure("fails by the follower's fault", null));
            } else {
                results.add(storeOne(baseline, found));
            }
        }
        return results;
    }

    private ApplyResult storeOne(Baseline<String, Sample> baseline, Scanned<String, Sample> found) {
        ApplyResult result = baseline.store(List.of(found)).join().get(0);
        world.rules.stored(found, result);
        return result;
    }

    @Override
    public Optional<AppliedVersions<String>> appliedVersions() {
        return inner.appliedVersions().map(versions -> keys -> {
            Fate fate = world.faults.follower();
            return call(
                    Operation.READ_ALL,
                    "applied versions",
                    keys,
                    fate,
                    () -> versions.of(keys).join());
        });
    }

    @Override
    public Optional<RecordScan<String, Sample>> scan() {
        return inner.scan().map(scan -> (RecordScan<String, Sample>) new SimScan(scan, new SimScan.Calls() {
            @Override
            public <T> T call(String what, Collection<?> about, Supplier<T> effect) {
                return scanned(what + " of the follower", about, effect);
            }
        }));
    }

    /** A scan has a driver that gives up waiting. */
    private <T> T scanned(String what, Collection<?> about, Supplier<T> effect) {
        Fate fate = world.faults.follower();
        Exception failure;
        try {
            return world.loop.await(call(Operation.READ_ALL, what, about, fate, effect), PATIENCE_OF_A_SCAN);
        } catch (ExecutionException | TimeoutException e) {
            failure = e;
        }
        throw new TransientStoreException(
                new DualWriteException.Context(World.REPOSITORY, Operation.READ_ALL, description(), List.of()),
                "fails by the follower's fault",
                failure);
    }

    @Override
    public CompletableFuture<Optional<Sample>> read(String key) {
        Fate fate = world.faults.followerRead();
        return call(
                Operation.READ,
                "read follower",
                List.of(key),
                fate,
                () -> inner.read(key).join());
    }

    @Override
    public CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
        Fate fate = world.faults.followerRead();
        return call(
                Operation.READ_ALL,
                "read follower",
                keys,
                fate,
                () -> inner.readAll(keys).join());
    }
}
