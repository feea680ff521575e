package io.github.dualwrite.dynamodb;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A key with where it is stored.
 *
 * @param key the key
 * @param attributes the primary key of its item in the record table
 * @param entry the primary key of its entry in the queue
 */
record PendingKey<K>(K key, Map<String, AttributeValue> attributes, Map<String, AttributeValue> entry) {}
