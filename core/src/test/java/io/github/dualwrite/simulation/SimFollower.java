package io.github.dualwrite.simulation;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The follower as a process sees it: at the other end of a wire. Nobody waits for it here. */
final class SimFollower implements Follower<String, Sample> {

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
        return "simulated follower";
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
                        "made to fail",
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
                results.add(ApplyResult.permanentFailure("made to reject", null));
            } else if (world.faults.recordFails()) {
                if (world.choices.once(2)) {
                    applyOne(written);
                }
                results.add(ApplyResult.transientFailure("made to fail", null));
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
    public CompletableFuture<Optional<Sample>> read(String key) {
        Fate fate = world.faults.follower();
        return call(
                Operation.READ,
                "read follower",
                List.of(key),
                fate,
                () -> inner.read(key).join());
    }

    @Override
    public CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
        Fate fate = world.faults.follower();
        return call(
                Operation.READ_ALL,
                "read follower",
                keys,
                fate,
                () -> inner.readAll(keys).join());
    }
}
