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

/**
 * A protocol that is broken on purpose, at one point.
 *
 * @param within the number of schedules within which the simulation must find it
 */
record Mutant(String name, int within, Supplier<Mutation> mutation) {

    static List<Mutant> all() {
        return List.of(
                new Mutant("confirm without comparison", 100, () -> new Mutation() {
                    @Override
                    Authority<String, Sample> authority(Authority<String, Sample> stored) {
                        return BrokenAuthorities.confirmWithoutComparison(stored);
                    }
                }),
                new Mutant("apply without guard", 20, () -> new FlawedFollower(Flaw.NO_GUARD)),
                new Mutant("enqueue after failure, looked for only in the end", 1000, () -> new EnqueuesAfterFailure() {
                    @Override
                    void settings(Settings settings) {
                        settings.checksAlways = false;
                        settings.onlyLive();
                    }
                }),
                new Mutant("enqueue after failure", 20, EnqueuesAfterFailure::new),
                new Mutant("version restarted after delete", 20, () -> new Mutation() {
                    @Override
                    Authority<String, Sample> authority(Authority<String, Sample> stored) {
                        return VersionsRestart.of(stored);
                    }
                }),
                new Mutant("state read before version", 1000, () -> new Mutation() {
                    @Override
                    Authority<String, Sample> callsOfAuthority(Instance instance, Authority<String, Sample> wired) {
                        return new ForwardingAuthority(wired) {
                            @Override
                            public List<VersionedRecord<String, Sample>> snapshot(Collection<? extends String> keys) {
                                Map<String, Sample> states = inner.readAll(keys);
                                List<VersionedRecord<String, Sample>> records = new ArrayList<>();
                                inner.snapshot(keys)
                                        .forEach(r -> records.add(
                                                new VersionedRecord<>(r.key(), r.version(), states.get(r.key()))));
                                return records;
                            }
                        };
                    }
                }),
                new Mutant("tombstone forgotten", 100, () -> new FlawedFollower(Flaw.FORGETS_TOMBSTONES)),
                new Mutant("confirm before apply", 20, () -> new Mutation() {
                    @Override
                    Follower<String, Sample> callsOfFollower(Instance instance, Follower<String, Sample> wired) {
                        Authority<String, Sample> authority = new SimAuthority(instance, instance.world.truth);
                        return new ForwardingFollower(wired) {
                            @Override
                            public CompletableFuture<List<ApplyResult>> apply(
                                    List<VersionedRecord<String, Sample>> records) {
                                CompletableFuture<List<ApplyResult>> answer = new CompletableFuture<>();
                                List<KeyVersion<String>> versions = records.stream()
                                        .map(r -> new KeyVersion<>(r.key(), r.version()))
                                        .toList();
                                Runnable confirmFirst = () -> {
                                    authority.queue().confirm(versions);
                                    CompletableFuture<?> unused = inner.apply(records)
                                            .whenComplete((results, error) -> {
                                                if (error == null) {
                                                    answer.complete(results);
                                                } else {
                                                    answer.completeExceptionally(error);
                                                }
                                            });
                                };
                                instance.world.loop.spawn(
                                        instance, "confirms", confirmFirst, instance.world.loop.now());
                                return answer;
                            }
                        };
                    }
                }),
                new Mutant(
                        "guard lets the same version in",
                        20,
                        () -> new FlawedFollower(Flaw.APPLIES_THE_SAME_VERSION_AGAIN)),
                new Mutant("answer before the effect", 20, () -> new Mutation() {
                    @Override
                    Follower<String, Sample> callsOfFollower(Instance instance, Follower<String, Sample> wired) {
                        return new ForwardingFollower(wired) {
                            @Override
                            public CompletableFuture<List<ApplyResult>> apply(
                                    List<VersionedRecord<String, Sample>> records) {
                                CompletableFuture<?> unused = inner.apply(records);
                                return CompletableFuture.completedFuture(records.stream()
                                        .map(r -> ApplyResult.applied())
                                        .toList());
                            }
                        };
                    }
                }),
                new Mutant("pending keys swept too early", 1000, () -> new Mutation() {
                    @Override
                    void settings(Settings settings) {
                        settings.onlyLive(); // or a verification notices it first
                    }

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
                new Mutant("pending keys not read at the start", 5000, () -> new Mutation() {
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
                new Mutant("fleet looks at a replica", 10000, () -> new Mutation() {
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
                }));
    }

    @Override
    public String toString() {
        return name;
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
