package io.github.dualwrite.postgres;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The {@link TableAccess} of an authority, made again when its table was altered:
 *
 * <ol>
 *   <li>the server refuses a value, does not know a name or a type, or sees that what it prepared would give back other types; nothing
 *       was written;
 *   <li>the layout is read again. If it is as it was, the error stands;
 *   <li>if not, the verb is done once more by statements that fit it.
 * </ol>
 *
 * <p>So a column that was widened under a running instance parks nothing. An error inside a transaction of the caller has ended that
 * transaction; the layout is read again by what comes next.
 */
final class LiveTable<K, V> implements Access<K, V> {

    private final TableMapping<K, V> mapping;
    private final Function<TableLayout, TableAccess<K, V>> maker;
    private final Sessions own;
    private final SqlErrors errors;
    private volatile TableAccess<K, V> access;

    /** Whether a transaction of a caller met an error that an altered table would explain. */
    private volatile boolean suspect;

    /**
     * A table whose layout has been read.
     *
     * @param own where a verb can be done once more, because each has an atomic unit of its own
     */
    LiveTable(
            TableMapping<K, V> mapping,
            TableLayout layout,
            Function<TableLayout, TableAccess<K, V>> maker,
            Sessions own,
            SqlErrors errors) {
        this.mapping = mapping;
        this.maker = maker;
        this.own = own;
        this.errors = errors;
        this.access = maker.apply(layout);
    }

    private <T> T run(Sessions sessions, Function<TableAccess<K, V>, T> verb) {
        if (suspect) {
            suspect = false;
            lookAgain(sessions);
        }
        TableAccess<K, V> before = access;
        try {
            return verb.apply(before);
        } catch (PermanentStoreException | ConfigurationException | TransientStoreException e) {
            if (!mayBeAltered(e)) {
                throw e;
            }
            if (sessions != own) {
                suspect = true;
                throw e;
            }
            if (!altered(before, e)) {
                throw e;
            }
        }
        return verb.apply(access);
    }

    /** Classes 22 and 42, and of a statement that the server prepared before 0A000. */
    private static boolean mayBeAltered(DualWriteException e) {
        String state = e.getCause() instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "";
        return SqlErrors.valueRefused(e)
                || (e instanceof ConfigurationException && state.startsWith("42"))
                || state.equals("0A000");
    }

    private boolean altered(TableAccess<K, V> before, DualWriteException e) {
        try {
            return access != before || renew(before, layout(own));
        } catch (DualWriteException unread) {
            if (!(e instanceof PermanentStoreException)) {
                return false;
            }
            throw unread; // a permanent error would park what need not be
        }
    }

    /** Where the caller's transaction names another table, by its search path, it is not the one to look at. */
    private void lookAgain(Sessions sessions) {
        TableAccess<K, V> before = access;
        try {
            TableLayout now = layout(sessions);
            if (now.schema().equals(before.layout.schema()) && now.table().equals(before.layout.table())) {
                boolean unused = renew(before, now);
            }
        } catch (ConfigurationException e) {
            suspect = true; // the verb itself will say what is wrong
        }
    }

    private TableLayout layout(Sessions sessions) {
        return sessions.statement(
                Operation.OPEN, List.of(), connection -> TableLayout.read(connection, mapping, errors));
    }

    private boolean renew(TableAccess<K, V> before, TableLayout now) {
        if (now.equals(before.layout)) {
            return false;
        }
        access = maker.apply(now);
        return true;
    }

    @Override
    public AuthorityWrites<K, V> writes(Sessions sessions) {
        return new Verbs(sessions);
    }

    @Override
    public List<VersionedRecord<K, V>> snapshot(Sessions sessions, Collection<? extends K> keys) {
        return run(sessions, table -> table.snapshot(sessions, keys));
    }

    @Override
    public KeyCodec<K> keys() {
        return access;
    }

    @Override
    public Optional<String> lookup(K key) {
        return access.lookup(key);
    }

    @Override
    public Map<String, String> declaredTypes() {
        return access.declaredTypes();
    }

    private final class Verbs implements AuthorityWrites<K, V> {

        private final Sessions sessions;

        Verbs(Sessions sessions) {
            this.sessions = sessions;
        }

        private <T> T on(Function<AuthorityWrites<K, V>, T> verb) {
            return run(sessions, table -> verb.apply(table.writes(sessions)));
        }

        @Override
        public VersionedRecord<K, V> create(V value) {
            return on(writes -> writes.create(value));
        }

        @Override
        public VersionedRecord<K, V> update(V value) {
            return on(writes -> writes.update(value));
        }

        @Override
        public VersionedRecord<K, V> save(V value) {
            return on(writes -> writes.save(value));
        }

        @Override
        public Optional<VersionedRecord<K, V>> delete(K key) {
            return on(writes -> writes.delete(key));
        }

        @Override
        public List<VersionedRecord<K, V>> saveAll(Collection<? extends V> values) {
            return on(writes -> writes.saveAll(values));
        }

        @Override
        public List<VersionedRecord<K, V>> deleteAll(Collection<? extends K> keys) {
            return on(writes -> writes.deleteAll(keys));
        }

        @Override
        public void markPending(Collection<? extends K> keys) {
            boolean unused = on(writes -> {
                writes.markPending(keys);
                return true;
            });
        }

        @Override
        public Optional<V> read(K key) {
            return on(writes -> writes.read(key));
        }

        @Override
        public Map<K, V> readAll(Collection<? extends K> keys) {
            return on(writes -> writes.readAll(keys));
        }
    }
}
