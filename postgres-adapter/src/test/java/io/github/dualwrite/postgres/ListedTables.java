package io.github.dualwrite.postgres;

import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Two tables of which one lists the keys. */
class ListedTables extends AggregateContractTest.TwoTables {

    static final String[] DDL = {
        "CREATE TABLE sample_text (id text PRIMARY KEY, text text)",
        "CREATE TABLE sample_number (id text, number bigint NOT NULL CHECK (number <> -7777777))",
        "CREATE INDEX ON sample_number (id)"
    };

    @Override
    public Optional<TableMapping<String, String>> keyTable() {
        return Optional.of(TableMapping.<String, String>columns("sample_text")
                .key("id", ColumnType.TEXT, key -> key)
                .build(row -> String.valueOf(row.get("id", ColumnType.TEXT))));
    }

    @Override
    public Optional<Sample> load(Connection connection, String key) throws SQLException {
        Optional<Sample> loaded = super.load(connection, key);
        if (loaded.filter(sample -> sample.number() == 666).isPresent()) {
            throw new IllegalStateException("not a number: 666");
        }
        return loaded;
    }
}
