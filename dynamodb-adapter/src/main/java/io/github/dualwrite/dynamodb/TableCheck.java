package io.github.dualwrite.dynamodb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.IndexStatus;
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
        return mapping instanceof RecordItemMapping<?, ?> ofRecord ? indexes(ofRecord, table, types) : Optional.empty();
    }

    private static Optional<String> indexes(
            RecordItemMapping<?, ?> mapping, TableDescription table, Map<String, ScalarAttributeType> types) {
        Map<String, List<KeySchemaElement>> keys = new TreeMap<>();
        table.localSecondaryIndexes().forEach(index -> keys.put(index.indexName(), index.keySchema()));
        table.globalSecondaryIndexes().stream()
                .filter(index -> index.indexStatus() != IndexStatus.DELETING)
                .forEach(index -> keys.put(index.indexName(), index.keySchema()));
        for (Map.Entry<String, List<KeySchemaElement>> index : keys.entrySet()) {
            for (KeySchemaElement element : index.getValue()) {
                String attribute = element.attributeName();
                ScalarAttributeType wanted = types.get(attribute);
                AttributeValue.Type stored = mapping.storedType(attribute).orElse(null);
                if (wanted != null && stored != null && !stored.name().equals(wanted.toString())) {
                    return Optional.of("attribute " + attribute + ", a key of secondary index " + index.getKey()
                            + ", has the type " + wanted + " in the table and " + stored
                            + " in the mapping, so DynamoDB refuses every record that has it; create the index with the"
                            + " mapping's type, or mend the mapping");
                }
            }
        }
        return Optional.empty();
    }
}
