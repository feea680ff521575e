package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.AppliedVersion;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.Operation;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What the table of applied versions says of keys, in one statement. */
final class AppliedTable<K> implements AppliedVersions<K> {

    private final Following<K, ?> following;
    private final FollowerCalls calls;
    private final String repository;
    private final String select;

    AppliedTable(Following<K, ?> following, FollowerCalls calls, DualwriteSchema schema, String repository) {
        this.following = following;
        this.calls = calls;
        this.repository = repository;
        this.select = "SELECT key, version, deleted IS TRUE FROM " + schema.applied()
                + " WHERE repository = ? AND key = ANY (?)";
    }

    @Override
    public CompletableFuture<Map<K, AppliedVersion>> of(Collection<? extends K> keys) {
        Map<String, K> byText = new HashMap<>();
        keys.forEach(key -> byText.put(following.keyText(key), key));
        List<String> texts = new ArrayList<>(byText.keySet());
        return calls.call(
                Operation.READ_ALL,
                keys,
                session -> session.statement(Operation.READ_ALL, keys, connection -> {
                    try (PreparedStatement statement = session.prepare(select)) {
                        statement.setString(1, repository);
                        statement.setArray(2, SqlArrays.text(connection, texts, text -> text));
                        Map<K, AppliedVersion> found = new HashMap<>();
                        try (ResultSet rows = statement.executeQuery()) {
                            while (rows.next()) {
                                found.put(
                                        byText.get(rows.getString(1)),
                                        new AppliedVersion(rows.getLong(2), rows.getBoolean(3)));
                            }
                        }
                        return found;
                    }
                }));
    }
}
