#include "template/registrator/container.hpp"

#include "base/text.hpp"
#include "template/bind.hpp"

namespace dfp::tmpl::registrator {
namespace {

using enum Kind;
using types::kBool;
using types::kInt;
using types::kInt64;
using types::kString;
using types::kStringList;
using types::kStringMap;

struct Group {
  const Type& type;
  std::string_view names;  ///< separated by spaces
};

std::vector<Field> fields(std::initializer_list<Group> groups) {
  std::vector<Field> out;
  for (const auto& group : groups)
    for (auto& name : text::split(group.names, ' ')) out.push_back({std::move(name), &group.type});
  return out;
}

Type list_of(const Type& element) {
  return {.kind = Slice, .name = "[]" + element.name, .element = &element};
}
Type map_of(const Type& key, const Type& element) {
  return {.kind = Map, .name = "map[" + key.name + "]" + element.name, .key = &key, .element = &element};
}

using Method = std::shared_ptr<const Function>;

/// "8080" of "8080/tcp".
Method number_of_port() {
  return std::make_shared<const Function>(
      bind([](std::string_view port) { return std::string(port.substr(0, port.find('/'))); }));
}
Method protocol_of_port() {
  return std::make_shared<const Function>(bind([](std::string_view port) {
    auto slash = port.find('/');
    return std::string(slash == port.npos ? "tcp" : port.substr(slash + 1));
  }));
}

const Type kPort{.kind = String,
                 .name = "docker.Port",
                 .underlying = &kString,
                 .methods = {{"Port", number_of_port()}, {"Proto", protocol_of_port()}}};
const Type kNothing{.kind = Struct, .name = "struct {}"};
const Type kPortSet = map_of(kPort, kNothing);
const Type kNameSet = map_of(kString, kNothing);

const Type kBinding{
    .kind = Struct, .name = "docker.PortBinding", .fields = fields({{kString, "HostIP HostPort"}})};
const Type kBindings = list_of(kBinding);
const Type kPorts = map_of(kPort, kBindings);

const Type kNetwork{
    .kind = Struct,
    .name = "docker.ContainerNetwork",
    .fields =
        fields({{kStringList, "Aliases Links DNSNames"},
                {kString, "MacAddress GlobalIPv6Address IPv6Gateway IPAddress Gateway EndpointID NetworkID"},
                {kInt, "GlobalIPv6PrefixLen IPPrefixLen"},
                {kStringMap, "DriverOpts"}})};
const Type kNetworks = map_of(kString, kNetwork);
const Type kNetworkSettings{
    .kind = Struct,
    .name = "docker.NetworkSettings",
    .fields = fields({{kNetworks, "Networks"},
                      {kPorts, "Ports"},
                      {kString,
                       "IPAddress MacAddress Gateway Bridge NetworkID EndpointID SandboxID SandboxKey "
                       "GlobalIPv6Address IPv6Gateway LinkLocalIPv6Address"},
                      {kInt, "IPPrefixLen GlobalIPv6PrefixLen LinkLocalIPv6PrefixLen"},
                      {kBool, "HairpinMode"}})};

const Type kHealthConfig{
    .kind = Struct,
    .name = "docker.HealthConfig",
    .fields = fields(
        {{kStringList, "Test"}, {kInt64, "Interval Timeout StartPeriod StartInterval"}, {kInt, "Retries"}})};
const Type kHealthConfigPointer{.kind = Pointer, .name = "*docker.HealthConfig", .element = &kHealthConfig};
const Type kConfig{
    .kind = Struct,
    .name = "docker.Config",
    .fields =
        fields({{kString, "Hostname Domainname User Image WorkingDir MacAddress StopSignal VolumeDriver"},
                {kStringList, "Env Cmd Entrypoint Shell OnBuild"},
                {kStringMap, "Labels"},
                {kPortSet, "ExposedPorts"},
                {kNameSet, "Volumes"},
                {kHealthConfigPointer, "Healthcheck"},
                {kInt, "StopTimeout"},
                {kBool,
                 "AttachStdin AttachStdout AttachStderr ArgsEscaped Tty OpenStdin StdinOnce "
                 "NetworkDisabled"}})};

const Type kProbe{.kind = Struct,
                  .name = "docker.HealthCheck",
                  .fields = fields({{kString, "Start End Output"}, {kInt, "ExitCode"}})};
const Type kProbes = list_of(kProbe);
const Type kHealth{.kind = Struct,
                   .name = "docker.Health",
                   .fields = fields({{kString, "Status"}, {kInt, "FailingStreak"}, {kProbes, "Log"}})};
const Type kState{.kind = Struct,
                  .name = "docker.State",
                  .fields = fields({{kString, "Status Error StartedAt FinishedAt"},
                                    {kBool, "Running Paused Restarting OOMKilled RemovalInProgress Dead"},
                                    {kInt, "Pid ExitCode"},
                                    {kHealth, "Health"}})};

const Type kRestartPolicy{.kind = Struct,
                          .name = "docker.RestartPolicy",
                          .fields = fields({{kString, "Name"}, {kInt, "MaximumRetryCount"}})};
const Type kLogConfig{.kind = Struct,
                      .name = "docker.LogConfig",
                      .fields = fields({{kString, "Type"}, {kStringMap, "Config"}})};
const Type kDevice{.kind = Struct,
                   .name = "docker.Device",
                   .fields = fields({{kString, "PathOnHost PathInContainer CgroupPermissions"}})};
const Type kDevices = list_of(kDevice);
const Type kLimit{
    .kind = Struct, .name = "docker.ULimit", .fields = fields({{kString, "Name"}, {kInt64, "Soft Hard"}})};
const Type kLimits = list_of(kLimit);
const Type kHostConfig{
    .kind = Struct,
    .name = "docker.HostConfig",
    .fields = fields(
        {{kStringList,
          "Binds CapAdd CapDrop GroupAdd Links DNS DNSOptions DNSSearch ExtraHosts VolumesFrom "
          "DeviceCgroupRules "
          "SecurityOpt MaskedPaths ReadonlyPaths"},
         {kString,
          "ContainerIDFile UsernsMode NetworkMode IpcMode PidMode UTSMode CgroupnsMode Cgroup CgroupParent "
          "CPUSetCPUs CPUSetMEMs VolumeDriver Runtime Isolation"},
         {kInt64,
          "Memory MemoryReservation KernelMemory MemorySwap MemorySwappiness CPUShares CPUQuota CPUPeriod "
          "CPURealtimePeriod CPURealtimeRuntime CPUCount CPUPercent NanoCPUs BlkioWeight PidsLimit ShmSize "
          "IOMaximumBandwidth IOMaximumIOps"},
         {kInt, "OomScoreAdj"},
         {kBool, "Privileged PublishAllPorts ReadonlyRootfs OOMKillDisable AutoRemove Init"},
         {kStringMap, "Tmpfs StorageOpt Sysctls Annotations"},
         {kPorts, "PortBindings"},
         {kRestartPolicy, "RestartPolicy"},
         {kLogConfig, "LogConfig"},
         {kDevices, "Devices"},
         {kLimits, "Ulimits"}})};

const Type kMount{
    .kind = Struct,
    .name = "docker.Mount",
    .fields = fields({{kString, "Name Source Destination Driver Mode Type Propagation"}, {kBool, "RW"}})};
const Type kMounts = list_of(kMount);
const Type kGraphDriver{.kind = Struct,
                        .name = "docker.GraphDriver",
                        .fields = fields({{kString, "Name"}, {kStringMap, "Data"}})};
const Type kContainer{
    .kind = Struct,
    .name = "docker.Container",
    .fields =
        fields({{kString,
                 "ID Created Path Image Name Driver Platform ResolvConfPath HostnamePath HostsPath LogPath "
                 "AppArmorProfile MountLabel ProcessLabel"},
                {kStringList, "Args ExecIDs"},
                {kConfig, "Config"},
                {kState, "State"},
                {kNetworkSettings, "NetworkSettings"},
                {kHostConfig, "HostConfig"},
                {kMounts, "Mounts"},
                {kGraphDriver, "GraphDriver"},
                {kInt, "RestartCount"}})};

}  // namespace

const Type& container_type() { return kContainer; }

}  // namespace dfp::tmpl::registrator
