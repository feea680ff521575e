package io.github.dualwrite.simulation;

import static java.util.stream.Collectors.joining;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.testkit.Sample;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One life of a process: its threads, its memory, its repository. All of it dies with it. */
final class Instance {

    final World world;
    final String process;
    final String name;
    final Set<Actor> actors = new LinkedHashSet<>();
    final Witness witness;
    private @Nullable DualWriteRepository<String, Sample> repository;
    private @Nullable CircuitBreaker breaker;
    private final Map<String, Integer> stepsOfAKind = new HashMap<>();
    private boolean dead;
    private long seen;

    /** When the lease of its last claim that found something ends. */
    long leaseEnds;

    /** How many of its actors somebody waits for. */
    int owes;

    Instance(World world, String process, String name) {
        this.world = world;
        this.process = process;
        this.name = name;
        this.witness = new Witness(this);
    }

    /** Builds the repository; on a thread of this instance. */
    DualWriteRepository<String, Sample> open() {
        world.history.starts(this);
        DualWriteRepository<String, Sample> opened = world.settings.repository(this);
        repository = opened;
        return opened;
    }

    DualWriteRepository<String, Sample> repository() {
        return Objects.requireNonNull(repository, "not open yet");
    }

    /** Whether the follower has answered a read of it. */
    boolean followerAnswered() {
        DualWriteRepository<String, Sample> opened = repository;
        return opened != null && opened.readStatistics().readsByFollower() > 0;
    }

    /** The circuit breaker of its writes, for whoever changes its state. */
    CircuitBreaker breaker(CircuitBreakerConfig config) {
        CircuitBreaker made = CircuitBreaker.of("sim-write", config);
        breaker = made;
        return made;
    }

    /** An operator, or an application that shares the breaker, changes its state. */
    void breakerChanges(int how) {
        CircuitBreaker known = breaker;
        if (known != null) {
            switch (how) {
                case 0 -> known.transitionToForcedOpenState();
                case 1 -> known.transitionToOpenState();
                case 2 -> {
                    known.transitionToOpenState();
                    known.transitionToHalfOpenState();
                }
                case 3 -> known.transitionToDisabledState();
                default -> known.reset();
            }
        }
    }

    /** What its process is there for. */
    String kind() {
        return process.startsWith("p")
                ? "client"
                : process.chars()
                        .takeWhile(Character::isLetter)
                        .mapToObj(Character::toString)
                        .collect(joining());
    }

    int countOf(String what) {
        return stepsOfAKind.merge(what, 1, Integer::sum);
    }

    /** Remembers what this instance got to see, and in which order. */
    void sees(String what) {
        seen = seen * 1_000_003 + what.hashCode();
    }

    long seen() {
        return seen;
    }

    boolean dead() {
        return dead;
    }

    void dies() {
        dead = true;
    }

    void mustLive() {
        if (dead) {
            throw new ProcessDied();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
