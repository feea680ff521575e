/**
 * Amazon DynamoDB as a store of Dualwrite: {@link io.github.dualwrite.dynamodb.DynamoDbStore} describes a table, {@link
 * io.github.dualwrite.dynamodb.ItemMapping} how records are stored in it.
 */
@NullMarked
package io.github.dualwrite.dynamodb;

import org.jspecify.annotations.NullMarked;
