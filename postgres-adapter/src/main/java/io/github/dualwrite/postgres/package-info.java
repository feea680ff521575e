/**
 * PostgreSQL as a store of Dualwrite.
 *
 * <p>What the application's database role needs:
 *
 * <ul>
 *   <li>on the mapped tables: {@code SELECT, INSERT, UPDATE, DELETE}, and no row security that is active for it: a row that it does not
 *       see would be taken for deleted;
 *   <li>on the schema of {@link io.github.dualwrite.postgres.DualwriteSchema}: {@code USAGE}; on its table: {@code SELECT,
 *       INSERT, UPDATE, DELETE}; on its sequence: {@code USAGE}; on sequences of generated keys: {@code USAGE}.
 *       For backfill and verification, on the tables of jobs: {@code SELECT, INSERT, UPDATE, DELETE};
 *   <li>as follower instead: on that schema {@code USAGE}; on the table of applied versions {@code SELECT, INSERT, UPDATE}, for an {@link
 *       io.github.dualwrite.postgres.AggregateMapping} and for a purge also {@code DELETE}; on the sequence {@code SELECT, UPDATE}; on the table {@code
 *       baseline_gate} {@code UPDATE}, on the function of that name {@code EXECUTE}, which it has unless it was taken from {@code PUBLIC};
 *   <li>for {@link io.github.dualwrite.postgres.PostgresReadRoutes}: on that schema {@code USAGE}; on the table of read routes {@code SELECT}, for {@code
 *       set} and a step back of the fleet {@code UPDATE}, for {@code create} {@code INSERT}; on its history {@code SELECT}.
 * </ul>
 *
 * <p>{@link io.github.dualwrite.postgres.DualwriteSchema#install} needs {@code CREATE} on the database and is meant for another
 * role. Server errors may carry values in their details; the connection property {@code logServerErrorDetail=false} of the
 * driver leaves them out of exception messages.
 */
@NullMarked
package io.github.dualwrite.postgres;

import org.jspecify.annotations.NullMarked;
