/** A DynamoDB for tests. */
@NullMarked
package io.github.dualwrite.dynamodb.testsupport;

import org.jspecify.annotations.NullMarked;
