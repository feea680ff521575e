package io.github.dualwrite;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.CallerTransaction;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An authority whose calls listeners are told of. */
final class ObservedAuthority<K, V> extends ObservedWrites<K, V> implements Authority<K, V> {

    private final Authority<K, V> real;
    private final ReconciliationQueue<K> queue;

    ObservedAuthority(Authority<K, V> real, StoreCalls calls) {
        super(real, calls);
        this.real = real;
        this.queue = new ObservedQueue<>(real.queue(), calls);
    }

    @Override
    public List<VersionedRecord<K, V>> snapshot(Collection<? extends K> keys) {
        return calls.off()
                ? real.snapshot(keys)
                : calls.onAuthority(Operation.SNAPSHOT, keys.size(), () -> real.snapshot(keys));
    }

    @Override
    public Optional<AuthorityWrites<K, V>> joining(CallerTransaction transaction) {
        return real.joining(transaction).map(joined -> new ObservedWrites<>(joined, calls));
    }

    @Override
    public ReconciliationQueue<K> queue() {
        return queue;
    }

    @Override
    public String description() {
        return real.description();
    }

    @Override
    public Map<String, String> declaredTypes() {
        return real.declaredTypes();
    }

    @Override
    public String lookup(K key) {
        return real.lookup(key);
    }

    @Override
    public Optional<RecordScan<K, V>> scan() {
        return real.scan();
    }

    @Override
    public Optional<String> scanNeeds() {
        return real.scanNeeds();
    }

    @Override
    public Optional<JobStore> jobs() {
        return real.jobs();
    }
}
