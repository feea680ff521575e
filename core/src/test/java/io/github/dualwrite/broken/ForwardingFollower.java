package io.github.dualwrite.broken;

import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Does what another follower does; to be broken at one point. */
public class ForwardingFollower implements Follower<String, Sample> {

    protected final Follower<String, Sample> inner;

    public ForwardingFollower(Follower<String, Sample> inner) {
        this.inner = inner;
    }

    @Override
    public String description() {
        return inner.description();
    }

    @Override
    public boolean mayBlock() {
        return inner.mayBlock();
    }

    @Override
    public CompletableFuture<Void> check() {
        return inner.check();
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
        return inner.apply(records);
    }

    @Override
    public Optional<Baseline<String, Sample>> baseline() {
        return inner.baseline();
    }

    @Override
    public Optional<AppliedVersions<String>> appliedVersions() {
        return inner.appliedVersions();
    }

    @Override
    public Optional<RecordScan<String, Sample>> scan() {
        return inner.scan();
    }

    @Override
    public CompletableFuture<Optional<Sample>> read(String key) {
        return inner.read(key);
    }

    @Override
    public CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
        return inner.readAll(keys);
    }
}
