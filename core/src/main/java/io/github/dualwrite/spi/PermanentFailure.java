package io.github.dualwrite.spi;

/**
 * Implemented by errors of a store that concern one record and would come again with every attempt. The reconciler parks such
 * a record instead of letting it hold up the others.
 */
public interface PermanentFailure {}
