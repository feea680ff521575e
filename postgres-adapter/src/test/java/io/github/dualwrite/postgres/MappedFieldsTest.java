package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.spi.RecordFields;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A class that says nothing about itself is compared by its mapped columns. */
class MappedFieldsTest {

    private static final class Entity {
        private final long id;
        private final String text;

        Entity(long id, String text) {
            this.id = id;
            this.text = text;
        }
    }

    private final TableMapping<Long, Entity> mapping = TableMapping.<Long, Entity>columns("entity")
            .key("id", ColumnType.BIGINT, entity -> entity.id)
            .column("body", ColumnType.TEXT, entity -> entity.text)
            .build(row -> new Entity(row.get("id", ColumnType.BIGINT), row.get("body", ColumnType.TEXT)));

    @Test
    void columnsOfAMappingNameTheFields() {
        DataSource unused = new PGSimpleDataSource();
        RecordFields<Entity> fields = PostgresStore.of(unused, mapping).fields().orElseThrow();
        FieldComparison<Entity> comparison = FieldComparison.strict(fields);

        assertThat(comparison.differingFields(new Entity(1, "a"), new Entity(1, "a")))
                .isEmpty();
        assertThat(comparison.differingFields(new Entity(1, "a"), new Entity(1, "b")))
                .containsExactly("body");
    }
}
