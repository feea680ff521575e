package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.MappingException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.spi.WithheldException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** An {@link AggregateMapping} at work. */
final class AggregateAccess<K, V> implements Access<K, V>, KeyCodec<K> {

    final AggregateMapping<K, V> mapping;
    final PendingMarks marks;
    final SqlErrors errors;
    private final StoreContext context;
    private final String pendingVersions;

    AggregateAccess(AggregateMapping<K, V> mapping, DualwriteSchema schema, StoreContext context, SqlErrors errors) {
        this.mapping = mapping;
        this.marks = new PendingMarks(context, schema);
        this.errors = errors;
        this.context = context;
        this.pendingVersions =
                "SELECT key, version FROM " + schema.pending() + " WHERE repository = ? AND key = ANY (?)";
    }

    @Override
    public AuthorityWrites<K, V> writes(Sessions sessions) {
        return new AggregateWrites<>(this, sessions);
    }

    @Override
    public Optional<String> scanNeeds() {
        return AggregateScan.needs(mapping);
    }

    @Override
    public KeyCodec<K> keys() {
        return this;
    }

    @Override
    public String encode(K key) {
        return keyText(mapping, key);
    }

    /** Two keys must not become one in the driver's hands. */
    static <K> String keyText(AggregateMapping<K, ?> mapping, K key) {
        String text;
        try {
            text = StorableText.of(mapping.encodeKey(key));
        } catch (MappingException e) {
            throw new MappingException("the text of the key " + e.getMessage(), e);
        }
        if (!key.equals(mapping.decodeKey(text))) { // what is pending would come back as another key
            throw new MappingException("decodeKey of " + mapping.description()
                    + " does not give this key back from the text that encodeKey makes of it; mend the mapping");
        }
        return text;
    }

    @Override
    public K decode(String text) {
        return mapping.decodeKey(text);
    }

    /**
     * The records that exist under keys, and no others. A record that {@code loadAll} gives under a key that it was not asked for may be meant for
     * one that is missing, in another form: then what is missing is loaded by itself, so that it is not taken for deleted.
     */
    static <K, V> Map<K, V> load(AggregateMapping<K, V> mapping, Connection connection, Collection<? extends K> keys)
            throws SQLException {
        Map<K, V> loaded = mapping.loadAll(connection, List.copyOf(keys));
        Map<K, V> found = new HashMap<>();
        List<K> missing = new ArrayList<>();
        for (K key : keys) {
            V record = loaded.get(key);
            if (record != null) {
                found.put(key, record);
            } else {
                missing.add(key);
            }
        }
        if (loaded.size() > found.size()) {
            for (K key : missing) {
                mapping.load(connection, key).ifPresent(record -> found.put(key, record));
            }
        }
        return found;
    }

    /** Versions, then states, in one REPEATABLE READ transaction: all from one snapshot. */
    @Override
    public List<VersionedRecord<K, V>> snapshot(Sessions sessions, Collection<? extends K> keys) {
        if (keys.isEmpty()) {
            return List.of();
        }
        List<K> asked = List.copyOf(keys);
        return sessions.snapshot(Operation.SNAPSHOT, asked, connection -> {
            Map<String, Long> versions = new TreeMap<>();
            try (PreparedStatement select = connection.prepareStatement(pendingVersions)) {
                select.setString(1, context.repository());
                select.setArray(2, SqlArrays.text(connection, asked, this::encode));
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        versions.put(row.getString(1), row.getLong(2));
                    }
                }
            }
            List<K> pending = versions.keySet().stream().map(this::decode).toList();
            Map<K, V> states;
            try {
                states = load(mapping, connection, pending);
            } catch (Exception e) { // languages without checked exceptions throw any
                Optional<SQLException> wrapped = SqlErrors.wrapped(e);
                if (wrapped.isPresent()) {
                    throw wrapped.get();
                }
                throw errors.permanent(
                        Operation.SNAPSHOT,
                        pending,
                        "the mapping cannot load the stored rows: " + WithheldException.message(e),
                        e);
            }
            List<VersionedRecord<K, V>> records = new ArrayList<>();
            versions.forEach((text, version) -> {
                K key = decode(text);
                records.add(new VersionedRecord<>(key, version, states.get(key)));
            });
            return records;
        });
    }
}
