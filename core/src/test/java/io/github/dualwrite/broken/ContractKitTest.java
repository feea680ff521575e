package io.github.dualwrite.broken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedClass;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.dualwrite.testkit.Sample;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;
import org.slf4j.LoggerFactory;

/** The contract passes on good stores and fails, at the rule in question, on stores with one flaw. */
class ContractKitTest {

    private static Events run(DiscoverySelector selected) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selected)
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "8")
                .execute()
                .testEvents();
    }

    /** Runs one group of rules only, to be quick. */
    private static List<String> failedRules(Class<?> contract, String group) {
        Class<?> kit = contract;
        while (!kit.getPackage().equals(Sample.class.getPackage())) {
            kit = kit.getSuperclass();
        }
        String nested = kit.getName() + "$" + group;
        return run(selectNestedClass(List.of(contract.getName()), nested)).failed().stream()
                .map(ContractKitTest::rule)
                .toList();
    }

    private static String rule(Event event) {
        return event.getTestDescriptor()
                .getSource()
                .map(source -> ((org.junit.platform.engine.support.descriptor.MethodSource) source).getMethodName())
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                BrokenStores.GoodAuthority.class,
                BrokenStores.GoodAuthorityWithRowLocks.class,
                BrokenStores.GoodAuthorityThatCanRefusePendingWrites.class,
                BrokenStores.GoodFollower.class
            })
    void aGoodStorePasses(Class<?> contract) {
        Events events = run(selectClass(contract));

        assertThat(events.failed().stream()).isEmpty();
        events.assertStatistics(statistics -> statistics.skipped(0).aborted(0).failed(0));
        assertThat(events.succeeded().count()).isGreaterThan(20);
    }

    @ParameterizedTest
    @MethodSource
    void aStoreWithAFlawFails(Class<?> contract, String group, String rule) {
        assertThat(failedRules(contract, group)).contains(rule);
    }

    @Test
    void whatAStoreDeclaresItHasNotIsALineAtWarn() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.github.dualwrite.testkit");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            run(selectClass(BrokenStores.DeclaresAbsent.class))
                    .assertStatistics(
                            statistics -> statistics.skipped(0).aborted(0).failed(0));
        } finally {
            logger.detachAppender(lines);
        }

        assertThat(lines.list)
                .filteredOn(line -> line.getFormattedMessage().contains("DeclaresAbsent"))
                .allMatch(line -> line.getLevel() == Level.WARN)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(text -> text.contains("a record that the follower rejects"))
                .anyMatch(text -> text.contains("a store that is unfit"))
                .hasSize(2);
    }

    @ParameterizedTest
    @MethodSource
    void aScanABaselineOrAJobStoreWithAFlawFails(Class<?> contract, String rule) {
        assertThat(run(selectClass(contract)).failed().stream()
                        .map(ContractKitTest::rule)
                        .toList())
                .contains(rule);
    }

    @ParameterizedTest
    @MethodSource
    void aPairWithAFlawFails(Class<?> scenario, String message) {
        assertThat(run(selectClass(scenario)).failed().stream()
                        .map(event -> event.getRequiredPayload(TestExecutionResult.class)
                                .getThrowable()
                                .orElseThrow())
                        .map(Throwables::getStackTrace))
                .singleElement()
                .asString()
                .contains(message);
    }

    static Stream<Arguments> aPairWithAFlawFails() {
        return Stream.of(
                arguments(BrokenPairs.VersionsBeginAnewInTheOtherDirection.class, "on the other store"),
                arguments(BrokenPairs.RefusesEveryThirdSave.class, "TransientStoreException="));
    }

    static Stream<Arguments> aScanABaselineOrAJobStoreWithAFlawFails() {
        return Stream.of(
                arguments(BrokenJobs.ScanLosesTheLastOfAPage.class, "everyRecordIsInExactlyOnePageOfOneSplit"),
                arguments(BrokenJobs.BaselineOverwrites.class, "aVersionedRecordIsNotOverwritten"),
                arguments(BrokenJobs.BaselineOverwrites.class, "neverStandsOverAWriteAtTheSameTime"),
                arguments(BrokenJobs.BaselineIgnoresTombstones.class, "aTombstoneKeepsTheRecordOut"),
                arguments(BrokenJobs.BaselineIgnoresTombstones.class, "neverBringsBackWhatADeleteAtTheSameTimeRemoves"),
                arguments(BrokenStores.LosesTheKindOfATombstone.class, "theLatestVersionAndItsKindAreKnown"),
                arguments(BrokenStores.LosesTheKindOfATombstone.class, "aVersionThatCameTooLateChangesNothing"),
                arguments(
                        BrokenStores.TellsTombstonesFromWhatIsThere.class,
                        "whatIsStoredByHandOverATombstoneDoesNotHideIt"),
                arguments(BrokenStores.TellsTombstonesFromWhatIsThere.class, "whatIsRemovedByHandStaysKnown"),
                arguments(BrokenJobs.GivesASplitTwice.class, "noTwoOfFourClaimersGetTheSameSplit"),
                arguments(BrokenJobs.ChecksNoLease.class, "aCheckpointUnderALostLeaseNotesNothing"));
    }

    static Stream<Arguments> aStoreWithAFlawFails() {
        return Stream.of(
                arguments(
                        BrokenStores.ConfirmWithoutComparison.class,
                        "ClaimEnd",
                        "confirmOfAnOldVersionLeavesTheNewerWritePending"),
                arguments(BrokenStores.ClaimWithoutLease.class, "Claim", "noTwoOfFourClaimersGetTheSameWrite"),
                arguments(BrokenStores.ClaimWithoutLease.class, "Claim", "hidesItsWritesFromOtherOpeningsOfTheStore"),
                arguments(
                        BrokenStores.VersionsStartAgainAfterDelete.class,
                        "Versions",
                        "versionsGrowAcrossUpdateDeleteAndReCreate"),
                arguments(
                        BrokenStores.SnapshotReadsStateBeforeVersion.class,
                        "Snapshot",
                        "neverPairsAVersionWithTheStateOfAnother"),
                arguments(
                        BrokenStores.DeleteIsNotEnqueued.class,
                        "SingleWrite",
                        "deleteRemovesTheRecordAndLeavesATombstonePending"),
                arguments(
                        BrokenStores.EveryWriteIsAnEntryOfItsOwn.class,
                        "SingleWrite",
                        "manyWritesOfAKeyAreOnePendingWrite"),
                arguments(BrokenStores.ANewWriteStaysParked.class, "Parked", "aNewWriteUnparksTheKey"),
                arguments(
                        BrokenStores.RefusedCreateIsEnqueued.class,
                        "SingleWrite",
                        "createOfAnExistingRecordIsRefusedAndLeavesNothingPending"),
                arguments(
                        BrokenStores.SaveAllKeepsTheFirstDuplicate.class, "Batch", "ofDuplicatesInSaveAllTheLastWins"),
                arguments(
                        BrokenStores.SaveAllWritesOneByOne.class,
                        "Batch",
                        "saveAllWithARecordThatTheStoreRefusesWritesNone"),
                arguments(BrokenStores.ParkWithoutComparison.class, "Parked", "isNotParkedAtAStaleVersion"),
                arguments(BrokenStores.PendingKeysForgetsWhatIsParked.class, "Queue", "pendingKeysAreAllOfThemOrNone"),
                arguments(
                        BrokenStores.PendingKeysGivesUpWhereItMustNot.class, "Queue", "pendingKeysAreAllOfThemOrNone"),
                arguments(
                        BrokenStores.VersionDrawnBeforeTheLock.class,
                        "Held",
                        "theWriteThatCommitsLaterHasTheHigherVersion"),
                arguments(
                        BrokenStores.DrawsVersionsWithoutALock.class,
                        "ConcurrentWrites",
                        "versionsAreUniqueAndTheHighestIsWhatIsStored"),
                arguments(
                        BrokenStores.CommitsRecordAndPendingWriteInTwoUnits.class,
                        "SingleWrite",
                        "aWriteWhosePendingWriteIsRefusedWritesNothing"),
                arguments(
                        BrokenStores.ARejectedRecordFailsItsBatch.class,
                        "Batch",
                        "aRecordThatTheStoreRejectsForGoodDoesNotKeepTheOthersOut"),
                arguments(
                        BrokenStores.CheckAlwaysPasses.class, "Opening", "anUnfitStoreIsOpenedButItsCheckSaysWhatToDo"),
                arguments(BrokenStores.NoGuard.class, "Guard", "staleWriteLeavesTheNewerVersionUntouched"),
                arguments(
                        BrokenStores.AppliesTheSameVersionAgain.class,
                        "Guard",
                        "doingItAgainChangesNothingAndCountsAsSuperseded"),
                arguments(
                        BrokenStores.ForgetsTombstones.class,
                        "Guard",
                        "aTombstoneHidesTheRecordAndKeepsOlderVersionsOut"),
                arguments(
                        BrokenStores.ReadAllShowsTombstones.class, "Reads", "readAllLeavesOutTombstonesAndMissingKeys"),
                arguments(BrokenStores.ResultsSortedByKey.class, "Batch", "anUnsortedBatchGetsItsResultsInItsOwnOrder"),
                arguments(BrokenStores.GuardIsNotAtomic.class, "Guard", "concurrentAppliesInRandomOrderConverge"),
                arguments(BrokenStores.ComparesVersionsAsText.class, "Guard", "versionsAreComparedAsNumbers"),
                arguments(BrokenStores.MergesRecords.class, "Reads", "aNewerVersionReplacesTheWholeRecord"));
    }
}
