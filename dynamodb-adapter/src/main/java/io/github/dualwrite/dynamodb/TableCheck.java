package io.github.dualwrite.dynamodb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/** Compares a table with a mapping. */
final class TableCheck {

    private TableCheck() {}

    /** What is wrong and what to do; empty if nothing is. */
    static Optional<String> of(ItemMapping<?, ?> mapping, TableDescription table) {
        if (table.tableStatus() != TableStatus.ACTIVE && table.tableStatus() != TableStatus.UPDATING) {
            return Optional.of("the table is " + table.tableStatusAsString() + ", not ACTIVE; wait for it, or mend it");
        }
        List<String> wanted = new ArrayList<>();
        wanted.add(mapping.partitionKey());
        mapping.sortKey().ifPresent(wanted::add);
        List<String> found = table.keySchema().stream()
                .sorted((a, b) -> Boolean.compare(a.keyType() != KeyType.HASH, b.keyType() != KeyType.HASH))
                .map(KeySchemaElement::attributeName)
                .toList();
        if (!found.equals(wanted)) {
            return Optional.of("the table's key (partition key, sort key) is " + found + ", that of the mapping is "
                    + wanted + "; create the table with the mapping's key, or mend the mapping");
        }
        Map<String, ScalarAttributeType> types = table.attributeDefinitions().stream()
                .collect(Collectors.toMap(AttributeDefinition::attributeName, AttributeDefinition::attributeType));
        for (String attribute : wanted) {
            ScalarAttributeType known = mapping.keyTypes().get(attribute);
            if (known != null && known != types.get(attribute)) {
                return Optional.of("key attribute " + attribute + " has the type " + types.get(attribute)
                        + " in the table and " + known
                        + " in the mapping; create the table with the mapping's type, or mend"
                        + " the mapping");
            }
        }
        return Optional.empty();
    }
}
