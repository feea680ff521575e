package io.github.dualwrite.simulation;

import io.github.dualwrite.broken.BrokenAuthorities;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.broken.ForwardingFollower;
import io.github.dualwrite.broken.ForwardingQueue;
import io.github.dualwrite.broken.MapFollower;
import io.github.dualwrite.broken.MapFollower.Flaw;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Protocols that are broken on purpose, each at one point, and within how many schedules that must be found. */
enum Mutant {
    CONFIRM_WITHOUT_COMPARISON(1000, () -> new Mutation() {
        @Override
        Authority<String, Sample> authority(Authority<String, Sample> stored) {
            return BrokenAuthorities.confirmWithoutComparison(stored);
        }
    }),
    APPLY_WITHOUT_GUARD(1000, () -> new FlawedFollower(Flaw.NO_GUARD)),
    ENQUEUE_AFTER_FAILURE(1000, EnqueuesAfterFailure::new),
    VERSION_RESTARTED_AFTER_DELETE(1000, () -> new Mutation() {
        @Override
        Authority<String, Sample> authority(Authority<String, Sample> stored) {
            return VersionsRestart.of(stored);
        }
    }),
    STATE_READ_BEFORE_VERSION(1000, () -> new Mutation() {
        @Override
        Authority<String, Sample> callsOfAuthority(Instance instance, Authority<String, Sample> wired) {
            return new ForwardingAuthority(wired) {
                @Override
                public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                    Map<String, Sample> states = inner.readAll(keys);
                    List<VersionedRecord<String, Sample>> records = new ArrayList<>();
                    inner.snapshot(keys)
                            .forEach(r -> records.add(new VersionedRecord<>(r.key(), r.version(), states.get(r.key()))));
                    return records;
                }
            };
        }
    }),
    TOMBSTONE_FORGOTTEN(1000, () -> new FlawedFollower(Flaw.FORGETS_TOMBSTONES)),
    CONFIRM_BEFORE_APPLY(1000, () -> new Mutation() {
        @Override
        Follower<String, Sample> callsOfFollower(Instance instance, Follower<String, Sample> wired) {
            Authority<String, Sample> authority = new SimAuthority(instance, instance.world.truth);
            return new ForwardingFollower(wired) {
                @Override
                public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
                    CompletableFuture<List<ApplyResult>> answer = new CompletableFuture<>();
                    List<KeyVersion<String>> versions = records.stream()
                            .map(r -> new KeyVersion<>(r.key(), r.version()))
                            .toList();
                    Runnable confirmFirst = () -> {
                        authority.queue().confirm(versions);
                        CompletableFuture<?> unused = inner.apply(records).whenComplete((results, error) -> {
                            if (error == null) {
                                answer.complete(results);
                            } else {
                                answer.completeExceptionally(error);
                            }
                        });
                    };
                    instance.world.loop.spawn(instance, "confirms", confirmFirst, instance.world.loop.now());
                    return answer;
                }
            };
        }
    }),
    GUARD_LETS_THE_SAME_VERSION_IN(1000, () -> new FlawedFollower(Flaw.APPLIES_THE_SAME_VERSION_AGAIN)),
    ANSWER_BEFORE_THE_EFFECT(1000, () -> new Mutation() {
        @Override
        Follower<String, Sample> callsOfFollower(Instance instance, Follower<String, Sample> wired) {
            return new ForwardingFollower(wired) {
                @Override
                public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
                    CompletableFuture<?> unused = inner.apply(records);
                    return CompletableFuture.completedFuture(
                            records.stream().map(r -> ApplyResult.applied()).toList());
                }
            };
        }
    }),
    PENDING_KEYS_SWEPT_TOO_EARLY(1000, () -> new Mutation() {
        @Override
        Authority<String, Sample> callsOfAuthority(Instance instance, Authority<String, Sample> wired) {
            return new ForwardingAuthority(wired, new ForwardingQueue(wired.queue()) {
                @Override
                public Set<String> pendingAmong(Collection<String> keys) {
                    return Set.of();
                }
            });
        }
    }),
    PENDING_KEYS_NOT_READ_AT_THE_START(1000, () -> new Mutation() {
        @Override
        Authority<String, Sample> callsOfAuthority(Instance instance, Authority<String, Sample> wired) {
            return new ForwardingAuthority(wired, new ForwardingQueue(wired.queue()) {
                private boolean started;

                @Override
                public Optional<Set<String>> pendingKeys(int limit) {
                    Optional<Set<String>> keys = started ? inner.pendingKeys(limit) : Optional.of(Set.of());
                    started = true;
                    return keys;
                }
            });
        }
    }),
    FLEET_LOOKS_AT_A_REPLICA(5000, () -> new Mutation() {
        @Override
        Authority<String, Sample> callsOfAuthority(Instance instance, Authority<String, Sample> wired) {
            return new ForwardingAuthority(wired, new ForwardingQueue(wired.queue()) {
                private final List<Optional<Set<String>>> looks = new ArrayList<>();

                @Override
                public Optional<Set<String>> pendingKeys(int limit) {
                    looks.add(inner.pendingKeys(limit));
                    return looks.get(Math.max(0, looks.size() - 6)); // as it was five looks ago
                }
            });
        }
    });

    final int within;
    final Supplier<Mutation> mutation;

    Mutant(int within, Supplier<Mutation> mutation) {
        this.within = within;
        this.mutation = mutation;
    }

    private static final class FlawedFollower extends Mutation {
        private final Flaw flaw;

        FlawedFollower(Flaw flaw) {
            this.flaw = flaw;
        }

        @Override
        Follower<String, Sample> follower(Follower<String, Sample> stored) {
            return new MapFollower(Set.of(flaw));
        }
    }
}
