package io.github.dualwrite.simulation;

import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Two stores that survive, processes that do not, and what is between them. One world is one schedule. */
final class World {

    static final String REPOSITORY = "sim";

    final Settings settings;
    final Choices choices;
    final Trace trace;
    final Disturbances disturbances = new Disturbances();
    final Faults faults;
    final Wire wire = new Wire(this);
    final History history = new History(this);
    final Rules rules = new Rules(this);
    final Mutation mutation;
    final Loop loop;

    /** The time of day of the machines and of both stores. */
    final VirtualClock clock = new VirtualClock(this);

    final Fingerprint fingerprint = new Fingerprint(this);
    final List<String> keys = new ArrayList<>();
    final ReadRouteSwitch route;

    /** The stores as they really are: what they say here is no step. */
    final Authority<String, Sample> truth;

    final Follower<String, Sample> followerTruth;

    /** The follower's data for a person who changes it by hand. */
    private final Authority<String, Sample> followerByHand;

    private final Map<String, Integer> seen = new TreeMap<>();
    private final List<Instance> instances = new ArrayList<>();
    private boolean fallbackWasOff;
    private long numbers;

    World(Settings settings, Choices choices, Mutation mutation, ActorThreads threads, boolean traced) {
        this.settings = settings;
        this.choices = choices;
        this.mutation = mutation;
        mutation.settings(settings);
        this.trace = new Trace(traced);
        this.faults = new Faults(settings, choices);
        this.route = ReadRouteSwitch.of(settings.route);
        this.fallbackWasOff = !settings.route.fallback();
        for (int i = 0; i < settings.keys; i++) {
            keys.add("k" + i);
        }
        StoreContext context = new StoreContext(REPOSITORY, settings.timed ? settings.grace() : Duration.ZERO);
        truth = mutation.authority(
                InMemoryStore.<String, Sample>keyedBy(Sample::id, clock).openAuthority(context));
        InMemoryStore<String, Sample> copy = InMemoryStore.keyedBy(Sample::id, clock);
        followerTruth = mutation.follower(copy.openFollower(context));
        followerByHand = copy.openAuthority(new StoreContext("by hand", Duration.ZERO));
        loop = new Loop(choices, threads, trace, disturbances, new Instance(this, "outside", "outside"));
    }

    Instance newInstance(String process, String name) {
        Instance instance = new Instance(this, process, name);
        instances.add(instance);
        return instance;
    }

    /** Something happened that a person wants to know of: whether the schedules come to where it is of interest. */
    void saw(String what) {
        seen.merge(what, 1, Integer::sum);
    }

    Map<String, Integer> seen() {
        return seen;
    }

    /** Somebody sets the flag. */
    void routeChanges(ReadRoute next) {
        fallbackWasOff |= !next.fallback();
        route.set(next);
    }

    /** Whether there was a route without fallback at any time: an instance may use it for longer than it is set. */
    boolean fallbackWasOff() {
        return fallbackWasOff;
    }

    /** A record that no other write writes. */
    Sample newRecord(String key) {
        return Sample.of(key, ++numbers);
    }

    /** A record that is on the authority, and nothing else knows of it. */
    void existsBefore(String key) {
        VersionedRecord<String, Sample> written = truth.save(newRecord(key));
        truth.queue().confirm(List.of(new KeyVersion<>(key, written.version())));
        history.committed(written);
        rules.existedBefore(key, history.latest(key));
    }

    /** Somebody changes the follower's record, or takes it away. */
    void damage(String key) {
        boolean taken = choices.once(2);
        trace.line(loop.now(), "BY HAND the follower's record of ", key, taken ? " is taken away" : " is changed");
        if (taken) {
            Optional<VersionedRecord<String, Sample>> unused = followerByHand.delete(key);
        } else {
            VersionedRecord<String, Sample> unused = followerByHand.save(newRecord(key));
        }
        rules.damaged(key);
    }

    /** The death of a process. Of its calls that are under way some arrive all the same. */
    void kill(Instance instance) {
        if (instance.dead()) {
            return;
        }
        trace.line(loop.now(), instance, " DIES");
        instance.dies();
        saw("death of a " + instance.kind());
        for (Step step : List.copyOf(loop.waiting())) {
            if (step.instance == instance && step.touch != Step.Touch.NOTHING && choices.once(2)) {
                wire.drop(step);
            }
        }
        loop.kill(instance);
    }

    List<Instance> instances() {
        return instances;
    }

    List<Instance> living() {
        return instances.stream().filter(instance -> !instance.dead()).toList();
    }

    /** Ends all that lives, so that the threads can be used again. */
    void end() {
        if (instances.stream().anyMatch(Instance::followerAnswered)) {
            saw("read answered by the follower");
        }
        for (Instance instance : living()) {
            instance.dies();
            loop.kill(instance);
        }
        loop.unwind();
    }
}
