// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/all/all_features.hpp"

#include "app/features/attestation/attestation_feature.hpp"
#include "app/features/boot/boot_feature.hpp"
#include "app/features/console/console_feature.hpp"
#include "app/features/debug/workspace/debug_feature.hpp"
#include "app/features/diagnosis/diagnosis_feature.hpp"
#include "app/features/eif/eif_feature.hpp"
#include "app/features/kms/kms_feature.hpp"
#include "app/features/launch/launch_feature.hpp"
#include "app/features/log/log_feature.hpp"
#include "app/features/nsm/nsm_feature.hpp"
#include "app/features/pcr/pcr_feature.hpp"
#include "app/features/profile/profile_feature.hpp"
#include "app/features/record/record_feature.hpp"
#include "app/features/runs/runs_feature.hpp"
#include "app/features/timeline/timeline_feature.hpp"
#include "app/features/vsock/vsock_feature.hpp"

namespace nitroscope::app {
namespace {

template <class SomeFeature>
std::unique_ptr<Feature> make(Frame &frame) {
    return std::make_unique<SomeFeature>(frame);
}

} // namespace

FeatureList allFeatures() {
    return {make<EifFeature>,    make<ConsoleFeature>,   make<BootFeature>,     make<PcrFeature>,
            make<LogFeature>,    make<DiagnosisFeature>, make<NsmFeature>,      make<AttestationFeature>,
            make<KmsFeature>,    make<VsockFeature>,     make<TimelineFeature>, make<ProfileFeature>,
            make<RecordFeature>, make<RunsFeature>,      make<LaunchFeature>,   make<DebugFeature>};
}

} // namespace nitroscope::app
