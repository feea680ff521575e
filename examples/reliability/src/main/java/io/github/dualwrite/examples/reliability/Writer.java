package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.TransactionalWrites;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.examples.reliability.Caller.WhetherCommittedIsUnknown;
import io.github.dualwrite.postgres.JdbcTransaction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import javax.sql.DataSource;

/** Makes every kind of write, and reads in between. For one thread. */
final class Writer {

    private final Caller caller;
    private final DualWriteRepository<String, Entry> repository;
    private final DataSource dataSource;
    private final Keys keys;
    private final SplittableRandom random;

    Writer(Caller caller, DualWriteRepository<String, Entry> repository, DataSource dataSource) {
        this.caller = caller;
        this.repository = repository;
        this.dataSource = dataSource;
        this.keys = caller.keys();
        this.random = caller.random();
    }

    /** One call. */
    void step() {
        int dice = random.nextInt(1000);
        if (dice < 300) {
            caller.read();
        } else if (dice < 900) {
            single(dice);
        } else if (dice < 950) {
            several();
        } else if (dice < 993) {
            pair();
        } else {
            large();
        }
    }

    private void single(int dice) {
        List<String> key = List.of(keys.any(random));
        if (dice < 600) {
            caller.put(key, tag -> List.of(repository.save(entry(key.get(0), tag))));
        } else if (dice < 680) {
            caller.put(key, tag -> List.of(repository.create(entry(key.get(0), tag))));
        } else if (dice < 780) {
            caller.put(key, tag -> List.of(repository.update(entry(key.get(0), tag))));
        } else {
            caller.delete(key, tag -> repository.delete(key.get(0)).stream().toList());
        }
    }

    private void several() {
        List<String> some = keys.some(random, 2 + random.nextInt(6));
        if (random.nextInt(4) > 0) {
            caller.put(
                    some,
                    tag -> repository.saveAll(
                            some.stream().map(key -> entry(key, tag)).toList()));
        } else {
            caller.delete(some, tag -> repository.deleteAll(some));
        }
    }

    /** Two records in one transaction of the caller's: both or none. */
    private void pair() {
        List<String> pair = keys.pair(random);
        if (random.nextInt(5) > 0) {
            caller.put(
                    pair,
                    tag -> inTransaction(writes -> {
                        List<WriteResult<String, Entry>> results = new ArrayList<>();
                        pair.forEach(key -> results.add(writes.save(entry(key, tag))));
                        return results;
                    }));
        } else {
            caller.delete(pair, tag -> inTransaction(writes -> writes.deleteAll(pair)));
        }
    }

    private interface Work {
        List<WriteResult<String, Entry>> with(TransactionalWrites<String, Entry> writes);
    }

    private Collection<WriteResult<String, Entry>> inTransaction(Work work) throws WhetherCommittedIsUnknown {
        try {
            return JdbcTransaction.run(dataSource, transaction -> work.with(repository.within(transaction)));
        } catch (SQLException | DualWriteException e) { // a transaction that breaks says less than a single write
            throw new WhetherCommittedIsUnknown();
        }
    }

    private void large() {
        String key = keys.large(random);
        int length = random.nextInt(3) > 0 ? Entry.TOO_LARGE : 100;
        caller.put(List.of(key), tag -> List.of(repository.save(Entry.of(key, tag, random, length))));
    }

    private Entry entry(String key, String tag) {
        return Entry.of(key, tag, random);
    }
}
