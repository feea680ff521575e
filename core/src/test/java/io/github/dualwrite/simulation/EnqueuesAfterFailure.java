package io.github.dualwrite.simulation;

import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingFollower;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What most people write first: the record alone is committed, and a write is queued once the follower has failed. */
class EnqueuesAfterFailure extends Mutation {

    @Override
    Authority<String, Sample> authority(Authority<String, Sample> stored) {
        return new ForwardingAuthority(stored) {
            private VersionedRecord<String, Sample> alone(VersionedRecord<String, Sample> written) {
                inner.queue().confirm(List.of(new KeyVersion<>(written.key(), written.version())));
                return written;
            }

            @Override
            public VersionedRecord<String, Sample> create(Sample value) {
                return alone(inner.create(value));
            }

            @Override
            public VersionedRecord<String, Sample> update(Sample value) {
                return alone(inner.update(value));
            }

            @Override
            public VersionedRecord<String, Sample> save(Sample value) {
                return alone(inner.save(value));
            }

            @Override
            public Optional<VersionedRecord<String, Sample>> delete(String key) {
                return inner.delete(key).map(this::alone);
            }

            @Override
            public List<VersionedRecord<String, Sample>> saveAll(Collection<? extends Sample> values) {
                return inner.saveAll(values).stream().map(this::alone).toList();
            }

            @Override
            public List<VersionedRecord<String, Sample>> deleteAll(Collection<? extends String> keys) {
                return inner.deleteAll(keys).stream().map(this::alone).toList();
            }
        };
    }

    @Override
    Follower<String, Sample> callsOfFollower(Instance instance, Follower<String, Sample> wired) {
        Authority<String, Sample> authority = new SimAuthority(instance, instance.world.truth);
        return new ForwardingFollower(wired) {
            @Override
            public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
                List<String> keys = records.stream().map(VersionedRecord::key).toList();
                return inner.apply(records).whenComplete((results, error) -> {
                    if (!instance.dead()
                            && (results == null || !results.stream().allMatch(ApplyResult::onFollower))) {
                        instance.world.loop.spawn(
                                instance, "enqueues", () -> authority.markPending(keys), instance.world.loop.now());
                    }
                });
            }
        };
    }
}
