package io.github.dualwrite.broken;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Does what another authority does; to be broken at one point. */
public class ForwardingAuthority implements Authority<String, Sample> {

    protected final Authority<String, Sample> inner;
    private final ReconciliationQueue<String> queue;

    public ForwardingAuthority(Authority<String, Sample> inner) {
        this(inner, inner.queue());
    }

    public ForwardingAuthority(Authority<String, Sample> inner, ReconciliationQueue<String> queue) {
        this.inner = inner;
        this.queue = queue;
    }

    @Override
    public String description() {
        return inner.description();
    }

    @Override
    public ReconciliationQueue<String> queue() {
        return queue;
    }

    @Override
    public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
        return inner.snapshot(keys);
    }

    @Override
    public Optional<RecordScan<String, Sample>> scan() {
        return inner.scan();
    }

    @Override
    public Optional<JobStore> jobs() {
        return inner.jobs();
    }

    @Override
    public VersionedRecord<String, Sample> create(Sample value) {
        return inner.create(value);
    }

    @Override
    public VersionedRecord<String, Sample> update(Sample value) {
        return inner.update(value);
    }

    @Override
    public VersionedRecord<String, Sample> save(Sample value) {
        return inner.save(value);
    }

    @Override
    public Optional<VersionedRecord<String, Sample>> delete(String key) {
        return inner.delete(key);
    }

    @Override
    public List<VersionedRecord<String, Sample>> saveAll(Collection<? extends Sample> values) {
        return inner.saveAll(values);
    }

    @Override
    public List<VersionedRecord<String, Sample>> deleteAll(Collection<? extends String> keys) {
        return inner.deleteAll(keys);
    }

    @Override
    public void markPending(Collection<? extends String> keys) {
        inner.markPending(keys);
    }

    @Override
    public Optional<Sample> read(String key) {
        return inner.read(key);
    }

    @Override
    public Map<String, Sample> readAll(Collection<? extends String> keys) {
        return inner.readAll(keys);
    }
}
