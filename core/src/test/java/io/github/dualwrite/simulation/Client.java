package io.github.dualwrite.simulation;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.testkit.Sample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** What an application does with its repository: one operation after another, as it comes. */
final class Client {

    private static final long MILLISECOND = 1_000_000;

    private static final long[] THOUGHTS = {0, 0, 1, 3, 60, 250};
    private static final long[] BRIEF = {0, 3, 20, 40, 60, 60};

    private final World world;
    private final Instance instance;
    private final DualWriteRepository<String, Sample> repository;

    private Client(Instance instance) {
        this.world = instance.world;
        this.instance = instance;
        this.repository = instance.repository();
    }

    static Client of(Instance instance) {
        return new Client(instance);
    }

    /** Thinks for a while and does something. */
    static void operate(Instance instance) {
        Client client = new Client(instance);
        client.think();
        client.operate();
    }

    private void think() {
        long[] thoughts = world.settings.readsAndWritesApart ? BRIEF : THOUGHTS;
        int thought = world.choices.number(thoughts.length + (world.settings.aroundSweeps ? thoughts.length : 1));
        long nanos = thought < thoughts.length ? thoughts[thought] * MILLISECOND : aboutTheNextSweep();
        world.loop.sleep(nanos);
    }

    /** The sweep of pending keys comes each second: what happens while it looks is worth more than what happens in between. */
    private long aboutTheNextSweep() {
        if (!world.choices.once(2)) {
            return 0;
        }
        long second = 1000 * MILLISECOND;
        return second - world.loop.now() % second + world.choices.number(12) * MILLISECOND / 2;
    }

    private String key() {
        return world.keys.get(world.choices.number(world.keys.size()));
    }

    private void operate() {
        String key = key();
        switch (what()) {
            case 0, 1, 2, 3 -> save(key);
            case 4 -> create(key);
            case 5, 6 -> update(key);
            case 7, 8, 9 -> delete(key);
            case 10 -> saveAll();
            case 11 -> deleteAll();
            case 12 -> markPending();
            case 13, 14 -> readAll();
            default -> read(key);
        }
    }

    private int what() {
        if (!world.settings.readsAndWritesApart) {
            return world.choices.number(20);
        }
        return instance.process.equals("p0") ? 19 : world.choices.number(10);
    }

    void save(String key) {
        Sample value = world.newRecord(key);
        write("save", value, List.of(value), () -> List.of(repository.save(value)));
    }

    private void create(String key) {
        Sample value = world.newRecord(key);
        write("create", value, List.of(value), () -> List.of(repository.create(value)));
    }

    private void update(String key) {
        Sample value = world.newRecord(key);
        write("update", value, List.of(value), () -> List.of(repository.update(value)));
    }

    void delete(String key) {
        write("delete", key, List.of(), () -> repository.delete(key).stream().toList());
    }

    private void saveAll() {
        List<Sample> values = world.keys.stream().map(world::newRecord).toList();
        write("save all", values, values, () -> repository.saveAll(values));
    }

    private void deleteAll() {
        write("delete all", world.keys, List.of(), () -> repository.deleteAll(world.keys));
    }

    private void markPending() {
        write("mark pending", world.keys, List.of(), () -> {
            repository.markPending(world.keys);
            return List.of();
        });
    }

    private void write(
            String what, Object about, List<Sample> values, Supplier<List<WriteResult<String, Sample>>> call) {
        Actor self = Objects.requireNonNull(world.loop.current());
        long start = world.loop.now() - self.authorityTime;
        world.trace.line(world.loop.now(), "  > ", self, " ", what, " ", about);
        List<WriteResult<String, Sample>> results = List.of();
        RuntimeException failure = null;
        try {
            results = call.get();
        } catch (RuntimeException e) {
            failure = e;
        }
        world.trace.line(world.loop.now(), "  < ", self, " ", results, " ", failure);
        if (failure != null) {
            world.rules.failed(values, failure);
        }
        results.forEach(result -> world.rules.acknowledged(instance, result));
        long bound = world.settings.mode == SecondaryMode.SYNCHRONOUS ? Settings.PATIENCE : 0;
        world.rules.ended(what, failure, world.loop.now() - self.authorityTime - start, bound);
        if (failure instanceof OutcomeUnknownException unknown) {
            findOut(unknown);
        }
    }

    /** What an application does that must know: it reads. */
    private void findOut(OutcomeUnknownException unknown) {
        world.loop.sleep(world.choices.number(4) * (900L * MILLISECOND));
        unknown.context().keys().forEach(key -> read(String.valueOf(key)));
    }

    /** Lets go first what is under way, or not: a read at once after a write would always find it pending. */
    void readLater(String key) {
        world.loop.sleep(0);
        read(key);
    }

    void read(String key) {
        Actor self = Objects.requireNonNull(world.loop.current());
        long start = world.loop.now() - self.authorityTime;
        int required = world.history.required(instance, key);
        world.trace.line(world.loop.now(), "  > ", self, " read ", key);
        RuntimeException failure = null;
        try {
            Optional<Sample> answer = repository.read(key);
            world.trace.line(world.loop.now(), "  < ", self, " ", answer);
            world.rules.read(instance, key, answer, required);
        } catch (RuntimeException e) {
            failure = e;
        }
        world.rules.ended("read", failure, world.loop.now() - self.authorityTime - start, Settings.PATIENCE);
    }

    private void readAll() {
        Actor self = Objects.requireNonNull(world.loop.current());
        long start = world.loop.now() - self.authorityTime;
        Map<String, Integer> required = new HashMap<>();
        world.keys.forEach(key -> required.put(key, world.history.required(instance, key)));
        world.trace.line(world.loop.now(), "  > ", self, " read all");
        RuntimeException failure = null;
        try {
            Map<String, Sample> answers = repository.readAll(world.keys);
            world.trace.line(world.loop.now(), "  < ", self, " ", answers);
            for (String key : world.keys) {
                world.rules.read(instance, key, Optional.ofNullable(answers.get(key)), required.getOrDefault(key, 0));
            }
        } catch (RuntimeException e) {
            failure = e;
        }
        world.rules.ended("read all", failure, world.loop.now() - self.authorityTime - start, Settings.PATIENCE);
    }
}
